package io.millrace.broker;

import io.millrace.storage.FailStop;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/**
 * What a broker takes from outside: time, chance, and what happens when it must not go on.
 *
 * @param nanos a monotonic clock
 * @param random for ids; used by many threads
 * @param failStop called when durability can no longer be promised; in a process of its own it halts it
 * @param usableBytes of the file system that a directory is on
 */
public record Environment(
        InstantSource wallClock,
        LongSupplier nanos,
        RandomGenerator random,
        FailStop failStop,
        ToLongFunction<Path> usableBytes,
        long pid) {}
