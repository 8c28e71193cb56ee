package io.millrace.replication.peer;

/**
 * The bounds of a broker's peer streams.
 *
 * @param threads that drive the sockets
 * @param payloadBytes the largest payload that is sent or taken
 * @param pushedBytes pushes received, of all peers together, and not yet closed by the listener: beyond, sockets are not read
 * @param pulledBytes the same for answers to pulls: these are apart, so that a pull is answered while pushes are held
 * @param queuedPushes names that wait to be sent to one peer
 * @param queuedBytes payload bytes that those names stand for
 * @param pulls under way to one peer
 * @param answers to one peer's pulls that are read or sent at a time
 * @param answerBytes of those answers; a single larger one still goes
 * @param waitingPulls of one peer that wait for their answer
 */
public record PeerLimits(
        int threads,
        int payloadBytes,
        long pushedBytes,
        long pulledBytes,
        int queuedPushes,
        long queuedBytes,
        int pulls,
        int answers,
        long answerBytes,
        int waitingPulls) {

    private static final int MIB = 1 << 20;

    public PeerLimits {
        atLeastOne("threads", threads);
        atLeastOne("payloadBytes", payloadBytes);
        atLeastOne("queuedPushes", queuedPushes);
        atLeastOne("pulls", pulls);
        atLeastOne("answers", answers);
        atLeastOne("answerBytes", answerBytes);
        atLeastOne("waitingPulls", waitingPulls);
        if (Math.min(pushedBytes, Math.min(pulledBytes, queuedBytes)) < payloadBytes) {
            throw new IllegalArgumentException("a bound is below the largest payload, " + payloadBytes + " bytes");
        }
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value);
        }
    }

    public static PeerLimits standard() {
        return new PeerLimits(2, 64 * MIB + MIB, 256L * MIB, 128L * MIB, 4_096, 256L * MIB, 256, 4, 64L * MIB, 1_024);
    }
}
