package io.millrace.replication.ratis;

/** What a {@link RatisHost} cannot mend by itself. Called on its threads and Ratis': must not block. May come again and again. */
public interface RatisEvents {
    /** For a broker that stands alone, where neither happens. */
    RatisEvents NONE = new RatisEvents() {};

    /**
     * The replica waits for a payload that nobody has. Nothing of it was acknowledged; opened anew, the replica has cut it off and goes on.
     */
    default void stuck(int shard) {}

    /** What the replica needs next is not in the leader's log any more: it must copy a checkpoint of another replica. */
    default void behind(int shard) {}
}
