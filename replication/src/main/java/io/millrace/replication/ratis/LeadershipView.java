package io.millrace.replication.ratis;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.replication.Leadership;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts Raft's notifications about leadership, which come from several threads, into one order, and tells the machine. Leading means
 * ready: everything of earlier terms is applied. A term that was lost once is never led again.
 *
 * <p>Thread safe. The listener is called under the lock, so that it hears changes in their order; it must not block.
 */
final class LeadershipView {
    private final Consumer<Leadership> listener;
    private volatile Leadership current = new Leadership(0, false, null);

    @GuardedBy("this")
    private long lostTerm = -1;

    LeadershipView(Consumer<Leadership> listener) {
        this.listener = listener;
    }

    Leadership current() {
        return current;
    }

    /** This replica leads {@code term} and has applied everything before it. */
    synchronized void ready(long term, String self) {
        if (term > lostTerm && term >= current.term()) {
            publish(new Leadership(term, true, self));
        }
    }

    /** This replica does not lead {@code term} or an earlier one any more. */
    synchronized void lost(long term) {
        lostTerm = Math.max(lostTerm, term);
        if (current.leading() && current.term() <= term) {
            publish(new Leadership(current.term(), false, null));
        }
    }

    /** Somebody leads {@code term}, or nobody that is known; this replica itself is not leading before it is {@link #ready}. */
    synchronized void elected(long term, @Nullable String leader) {
        if (!current.leading() && term >= current.term()) {
            publish(new Leadership(term, false, leader));
        }
    }

    @GuardedBy("this")
    private void publish(Leadership next) {
        if (!next.equals(current)) {
            current = next;
            listener.accept(next);
        }
    }
}
