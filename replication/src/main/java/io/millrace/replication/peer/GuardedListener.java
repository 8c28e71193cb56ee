package io.millrace.replication.peer;

import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what a listener throws away from the streams: a connection outlives the failure of one call. */
final class GuardedListener implements PeerListener {
    private static final Logger log = LoggerFactory.getLogger(GuardedListener.class);

    private final PeerListener listener;

    GuardedListener(PeerListener listener) {
        this.listener = listener;
    }

    /** The payload of a call that failed is closed here: closing it twice is harmless. */
    @Override
    public void pushed(int fromBroker, ReceivedPayload payload) {
        try {
            listener.pushed(fromBroker, payload);
        } catch (RuntimeException e) {
            log.error("the listener failed on payload {} from broker {}", payload.id(), fromBroker, e);
            payload.close();
        }
    }

    @Override
    public boolean copy(PayloadId id, ByteBuffer target) {
        try {
            return listener.copy(id, target);
        } catch (RuntimeException e) {
            log.error("the listener failed to copy payload {}", id, e);
            return false;
        }
    }

    @Override
    public int lengthOf(PayloadId id) {
        try {
            return listener.lengthOf(id);
        } catch (RuntimeException e) {
            log.error("the listener failed to look up payload {}", id, e);
            return -1;
        }
    }

    @Override
    public void announced(ShardLeader leader) {
        guard("announced", leader.broker(), () -> listener.announced(leader));
    }

    @Override
    public void connected(int broker) {
        guard("connected", broker, () -> listener.connected(broker));
    }

    @Override
    public void disconnected(int broker) {
        guard("disconnected", broker, () -> listener.disconnected(broker));
    }

    @Override
    public void refused(int broker) {
        guard("refused", broker, () -> listener.refused(broker));
    }

    private static void guard(String what, int broker, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            log.error("the listener failed on {} of broker {}", what, broker, e);
        }
    }
}
