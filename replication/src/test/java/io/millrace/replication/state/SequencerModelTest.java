package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode;
import io.millrace.record.BatchHeader;
import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random histories in which proposals are lost and terms change, against the log that was really applied. */
class SequencerModelTest {
    private static final int PARTITIONS = 3;

    /** What was sent and not yet acknowledged or given up: a producer sends it again. */
    private record Sent(int partition, BatchHeader batch, long value) {}

    @Seeds(60)
    void appendsEachBatchOnceAndInOrderWhateverIsLost(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemoryRows rows = Histories.withPartitions(PARTITIONS);
        Sequencer sequencer = new Sequencer(Histories.applied(rows));
        Deque<List<AppendPart>> inFlight = new ArrayDeque<>();
        Deque<Long> numbers = new ArrayDeque<>();
        Map<Integer, List<Integer>> applied = new HashMap<>();
        Map<Integer, Deque<Sent>> unacked = new HashMap<>();
        int[] nextSequence = new int[PARTITIONS];
        long term = 1;
        long index = 0;
        for (int step = 0; step < 300; step++) {
            int action = random.nextInt(10);
            if (action < 6) {
                List<AppendPart> parts = new ArrayList<>();
                for (int i = random.nextInt(1, 5); i > 0; i--) {
                    int partition = random.nextInt(PARTITIONS);
                    Deque<Sent> open = unacked.computeIfAbsent(partition, any -> new ArrayDeque<>());
                    if (open.size() < 4) { // a producer keeps fewer in flight than are remembered
                        BatchHeader batch = Histories.batch(1, 9, 0, nextSequence[partition]++, 1);
                        open.add(new Sent(partition, batch, batch.baseSequence()));
                    }
                    for (Sent sent : open) {
                        Sequencer.Assignment assignment =
                                sequencer.assign(Histories.partition(partition), sent.batch(), term, step);
                        if (assignment instanceof Sequencer.Assigned assigned) {
                            parts.add(assigned.part());
                        } else {
                            assertThat(assignment).isInstanceOf(Sequencer.Duplicate.class);
                            assertThat(((Sequencer.Duplicate) assignment).baseOffset())
                                    .isEqualTo(sent.value());
                        }
                    }
                }
                if (!parts.isEmpty()) {
                    inFlight.add(parts);
                    numbers.add(sequencer.seal());
                }
            } else if (action < 9) {
                if (!inFlight.isEmpty()) {
                    apply(rows, term, ++index, step, inFlight.remove(), applied, unacked);
                    sequencer.applied(numbers.remove());
                }
            } else {
                // A change of term: some of what was in flight counts, the rest is lost; then the new leader is ready.
                for (int survivors = random.nextInt(inFlight.size() + 1); survivors > 0; survivors--) {
                    apply(rows, term, ++index, step, inFlight.remove(), applied, unacked);
                }
                inFlight.clear();
                numbers.clear();
                sequencer.reset();
                term += random.nextInt(1, 3);
            }
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<Integer> sequences = applied.getOrDefault(partition, List.of());
            for (int i = 0; i < sequences.size(); i++) {
                assertThat(sequences.get(i)).isEqualTo(i);
            }
            assertThat(Histories.get(rows, partition).logEnd()).isEqualTo(sequences.size());
        }
        assertThat(applied).isNotEmpty();
    }

    private static void apply(
            MemoryRows rows,
            long term,
            long index,
            long time,
            List<AppendPart> parts,
            Map<Integer, List<Integer>> applied,
            Map<Integer, Deque<Sent>> unacked) {
        Histories.apply(rows, term, index, new EntryHeader(time, parts, List.of()));
        for (AppendPart part : parts) {
            int partition = part.partition() - 1;
            applied.computeIfAbsent(partition, any -> new ArrayList<>()).add(part.baseSequence());
            unacked.computeIfAbsent(partition, any -> new ArrayDeque<>())
                    .removeIf(sent -> sent.batch().baseSequence() == part.baseSequence());
        }
    }

    @Test
    void refusesAppendsWhileADropIsInFlight() {
        MemoryRows rows = Histories.withPartitions(1);
        Sequencer sequencer = new Sequencer(Histories.applied(rows));
        sequencer.note(new ShardCommand.DropPartitions(Histories.TOPIC));
        sequencer.seal();

        assertThat(sequencer.assign(Histories.partition(0), Histories.batch(1, -1, -1, -1, 1), 1, 1))
                .isInstanceOfSatisfying(
                        Sequencer.Rejected.class,
                        rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION));
        sequencer.reset();
        assertThat(sequencer.assign(Histories.partition(0), Histories.batch(1, -1, -1, -1, 1), 1, 1))
                .isInstanceOf(Sequencer.Assigned.class);
    }
}
