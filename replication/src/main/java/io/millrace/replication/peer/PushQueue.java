package io.millrace.replication.peer;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The names of payloads that wait to be pushed to one peer. Where it is full the newest is not taken: a follower needs payloads in the order of the log, so the
 * oldest is wanted first, and the newest is likeliest still in memory when it is pulled. Any thread.
 */
final class PushQueue {
    /** @param length in bytes */
    record Push(PayloadId id, int length, int crc) {}

    private final int limit;
    private final long byteLimit;
    private final Deque<Push> pushes = new ArrayDeque<>();
    private long bytes;

    PushQueue(int limit, long byteLimit) {
        this.limit = limit;
        this.byteLimit = byteLimit;
    }

    synchronized boolean offer(Push push) {
        if (pushes.size() >= limit || bytes + push.length() > byteLimit) {
            return false;
        }
        pushes.add(push);
        bytes += push.length();
        return true;
    }

    synchronized @Nullable Push poll() {
        Push push = pushes.poll();
        if (push != null) {
            bytes -= push.length();
        }
        return push;
    }

    synchronized int clear() {
        int count = pushes.size();
        pushes.clear();
        bytes = 0;
        return count;
    }
}
