package io.millrace.broker.metadata;

import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.cluster.LeaderTable.Leader;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.Leadership;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether a request belongs to this broker, or where else it belongs. Thread safe; must not block. */
public interface Routes {
    /** Of a shard that nothing was heard of. */
    Leader NOBODY = new Leader(0, LeaderTable.UNKNOWN);

    /** Null: this broker answers for the shard. Else NOT_LEADER with the leader, or SHARD_UNAVAILABLE where none is known. */
    @Nullable
    Fault elsewhere(int shard, String resource);

    /** Who leads the shard: the broker is {@link LeaderTable#UNKNOWN} where none is known. */
    Leader leader(int shard);

    /** Whether what the metadata does not show here is not there. */
    boolean isCurrent();

    /**
     * Of a broker that stands alone: it answers for everything.
     *
     * @param own what its replica of a shard sees; null where it is not open
     */
    static Routes alone(int self, IntFunction<@Nullable Leadership> own) {
        return new Routes() {
            @Override
            public @Nullable Fault elsewhere(int shard, String resource) {
                return null;
            }

            @Override
            public Leader leader(int shard) {
                Leadership leadership = own.apply(shard);
                return leadership == null
                        ? NOBODY
                        : new Leader(leadership.term(), leadership.leading() ? self : LeaderTable.UNKNOWN);
            }

            @Override
            public boolean isCurrent() {
                return true;
            }
        };
    }

    /**
     * Of a member of a cluster: by who leads.
     *
     * @param own what this broker's own replica of a shard sees now; null where it has none
     */
    static Routes inCluster(
            int self,
            IntFunction<@Nullable Leadership> own,
            LeaderTable leaders,
            Supplier<ClusterImage> image,
            BooleanSupplier isCurrent) {
        return new Routes() {
            @Override
            public @Nullable Fault elsewhere(int shard, String resource) {
                return leads(shard) ? null : fault(shard, resource, leaders.broker(shard));
            }

            private boolean leads(int shard) {
                Leadership leadership = own.apply(shard);
                return leadership != null && leadership.leading();
            }

            private Fault fault(int shard, String resource, int leader) {
                BrokerEntry broker = image.get().brokers().get(leader);
                BrokerEntry.Listener client = broker == null ? null : broker.client();
                if (leader == self || client == null) {
                    return Fault.of(
                            ErrorCode.SHARD_UNAVAILABLE,
                            resource,
                            "Shard " + shard + " has no leader that this broker knows of. Try again.");
                }
                return Fault.of(
                        ErrorCode.NOT_LEADER,
                        resource,
                        "Broker " + leader + " leads shard " + shard + ".",
                        new Fault.Leader(client.host(), client.port()));
            }

            @Override
            public Leader leader(int shard) {
                Leader heard = leaders.leader(shard);
                Leadership leadership = own.apply(shard);
                if (leadership != null && leadership.leading()) {
                    return new Leader(leadership.term(), self);
                }
                return heard == null
                        ? NOBODY
                        : heard.broker() == self ? new Leader(heard.term(), LeaderTable.UNKNOWN) : heard;
            }

            @Override
            public boolean isCurrent() {
                return isCurrent.getAsBoolean();
            }
        };
    }
}
