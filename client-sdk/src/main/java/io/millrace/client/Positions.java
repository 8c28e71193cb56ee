package io.millrace.client;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Positions of groups, for those who read without a {@link Consumer}. Thread safe. Each call waits for its answer, at most for the client's request timeout.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Positions {

    Positions() {}

    /** Takes partitions over for a member of a group and fences earlier owners. A group without a position begins at {@code start}. */
    public Map<TopicPartition, ClaimedPosition> claim(
            String group, Collection<TopicPartition> partitions, StartAt start) {
        throw new UnsupportedOperationException();
    }

    /** Commits positions under the owner epochs of a claim; refused as {@link FencedException} where another member has claimed since. */
    public void commit(String group, Map<TopicPartition, Commit> commits) {
        throw new UnsupportedOperationException();
    }

    /** What a group has committed on all partitions of a topic, in rising order of their number. */
    public List<GroupPosition> of(String group, String topic) {
        throw new UnsupportedOperationException();
    }

    /**
     * A position to commit.
     *
     * @param position the next offset to read
     * @param ownerEpoch from the claim
     * @param leaderEpoch of the last record before it; -1: not known
     * @param metadata for the application, at most 4,096 bytes
     */
    public record Commit(long position, long ownerEpoch, int leaderEpoch, String metadata) {
        public static Commit at(long position, long ownerEpoch) {
            return new Commit(position, ownerEpoch, -1, "");
        }
    }
}
