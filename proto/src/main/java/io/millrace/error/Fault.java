package io.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * What went wrong, as a value: the plain form of {@code millrace.v1.ErrorDetail}. Immutable.
 *
 * @param code which error of the catalogue
 * @param message a sentence for a person: what happened, and what to do next
 * @param resource what it is about, such as {@code topic/flights/3}; empty where nothing in particular
 * @param effect whether something was written
 * @param detail the figures of the errors that have some
 */
public record Fault(
        ErrorCode code,
        String message,
        String resource,
        Effect effect,
        @Nullable Detail detail) {

    /** A fault before anything was proposed: nothing was written. */
    public static Fault of(ErrorCode code, String resource, String message) {
        return new Fault(code, message, resource, Effect.NOT_WRITTEN, null);
    }

    public static Fault of(ErrorCode code, String resource, String message, Detail detail) {
        return new Fault(code, message, resource, Effect.NOT_WRITTEN, detail);
    }

    /** A fault after the proposal: it may have been written. */
    public static Fault unknown(ErrorCode code, String resource, String message) {
        return new Fault(code, message, resource, Effect.UNKNOWN, null);
    }

    public FaultException asException() {
        return new FaultException(this);
    }

    /** The figures that come with some errors. */
    public sealed interface Detail permits LimitHit, OffsetRange, Owner, CorruptRange, Leader {}

    /** A limit was hit; {@code name} has the unit, such as {@code max.batch.bytes}. */
    public record LimitHit(String name, long limit, long actual) implements Detail {}

    /** Readable is {@code [logStart, logEnd)}; lost to the reader {@code [lostFrom, lostTo)} (may be empty). */
    public record OffsetRange(long logStart, long logEnd, long lostFrom, long lostTo) implements Detail {}

    /** Who owns it now. {@code owner} is a member id in hex, or empty. */
    public record Owner(long epoch, String owner) implements Detail {}

    /** Offsets {@code [from, to)} cannot be read; reading may go on at {@code to}. */
    public record CorruptRange(long from, long to) implements Detail {}

    /** Where to go instead. */
    public record Leader(String host, int port) implements Detail {}
}
