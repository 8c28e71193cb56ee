package io.millrace.client;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads records by offset, alone or with the position of a group. For one thread at a time; only {@link #wakeup} may be called from another. Records are fetched
 * ahead of {@link #poll}, within a bound of bytes.
 *
 * <p>A partition begins at its start unless a seek or a claim says otherwise. Nothing is skipped by itself: what cannot be read is thrown, and thrown again until the caller seeks.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Consumer implements AutoCloseable {

    Consumer() {}

    /** Reads these partitions, and no others. Those that were assigned before keep their position. */
    public void assign(Collection<TopicPartition> partitions) {
        throw new UnsupportedOperationException();
    }

    /** Reads all partitions of a topic, and nothing else. */
    public void assign(String topic) {
        throw new UnsupportedOperationException();
    }

    public Set<TopicPartition> assignment() {
        throw new UnsupportedOperationException();
    }

    public void seek(TopicPartition partition, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Goes to the first record whose timestamp is at or after the instant; to the end where there is none. */
    public void seekToTime(TopicPartition partition, Instant instant) {
        throw new UnsupportedOperationException();
    }

    /** Goes to the first record that can be read; no partitions: all that are assigned. */
    public void seekToStart(Collection<TopicPartition> partitions) {
        throw new UnsupportedOperationException();
    }

    /** Goes behind the last record that can be read now; no partitions: all that are assigned. */
    public void seekToEnd(Collection<TopicPartition> partitions) {
        throw new UnsupportedOperationException();
    }

    /** The offset of the next record that {@link #poll} returns. */
    public long position(TopicPartition partition) {
        throw new UnsupportedOperationException();
    }

    /**
     * The next records, each partition's in the order of their offsets; waits up to the timeout while there are none. Empty: the timeout passed, or {@link #wakeup} was called.
     *
     * @throws OffsetOutOfRangeException the position cannot be read any more
     * @throws CorruptDataException stored records are damaged; says where reading may go on
     * @throws FencedException another member has claimed a partition since
     */
    public List<ConsumerRecord> poll(Duration timeout) {
        throw new UnsupportedOperationException();
    }

    /** Ends a {@link #poll} that waits, or the next one, at once. May be called from any thread. */
    public void wakeup() {
        throw new UnsupportedOperationException();
    }

    /** First offsets that can be read. */
    public Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions) {
        throw new UnsupportedOperationException();
    }

    /** One above the last offsets that can be read now. */
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        throw new UnsupportedOperationException();
    }

    /** Offsets between the position and the end, as the last answers of the brokers tell it; never negative. */
    public Map<TopicPartition, Long> lag() {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes partitions over for a group, fences their earlier owners, and reads them from the group's positions, and nothing else. A group without a position begins at {@code start}.
     */
    public Map<TopicPartition, ClaimedPosition> claim(
            String group, Collection<TopicPartition> partitions, StartAt start) {
        throw new UnsupportedOperationException();
    }

    /** Commits what {@link #poll} has returned so far, of all claimed partitions. Returns when it is on the disks of a majority. */
    public void commit() {
        throw new UnsupportedOperationException();
    }

    /** Commits these positions: the next offset to read of each partition, which must be claimed. */
    public void commit(Map<TopicPartition, Long> positions) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
