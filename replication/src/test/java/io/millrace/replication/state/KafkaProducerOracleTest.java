package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode;
import io.millrace.record.BatchHeader;
import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.LogOffsetMetadata;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.junit.jupiter.api.io.TempDir;

/** The sequencer decides as Apache Kafka's own producer state does, with any number of entries in flight. */
class KafkaProducerOracleTest {
    @TempDir
    Path directory;

    @Seeds(60)
    void decidesAsKafkaDoes(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        ProducerStateManager kafka = new ProducerStateManager(
                new TopicPartition("t", 0),
                directory.toFile(),
                900_000,
                new ProducerStateManagerConfig(86_400_000, false),
                Time.SYSTEM);
        MemoryRows rows = Histories.withPartitions(1);
        Sequencer sequencer = new Sequencer(Histories.applied(rows));
        Deque<EntryHeader> inFlight = new ArrayDeque<>();
        List<BatchHeader> sent = new ArrayList<>();
        long index = 0;
        long settled = -1;
        int duplicates = 0;
        for (int step = 0; step < 120; step++) {
            BatchHeader batch = next(random, kafka, sent);
            Sequencer.Assignment ours = sequencer.assign(Histories.partition(0), batch, 1, step);
            Sequencer.Assignment theirs = decide(kafka, batch, ours);
            assertThat(ours).as("batch %s", batch).isEqualTo(theirs);
            if (ours instanceof Sequencer.Assigned assigned) {
                sent.add(batch);
                inFlight.add(new EntryHeader(step, List.of(assigned.part()), List.of()));
                sequencer.seal();
            } else if (ours instanceof Sequencer.Duplicate) {
                duplicates++;
            }
            while (!inFlight.isEmpty() && random.nextInt(3) == 0) {
                Histories.apply(rows, 1, ++index, inFlight.remove());
                sequencer.applied(++settled);
            }
        }
        while (!inFlight.isEmpty()) {
            Histories.apply(rows, 1, ++index, inFlight.remove());
        }
        assertThat(duplicates).isPositive();
        for (long producer = 0; producer < 3; producer++) {
            assertSame(rows, kafka, producer);
        }
    }

    private static void assertSame(MemoryRows rows, ProducerStateManager kafka, long id) {
        Producer ours = ProducerRow.get(rows, Histories.get(rows, 0).handle(), id);
        Optional<ProducerStateEntry> theirs = kafka.lastEntry(id);
        assertThat(ours != null).isEqualTo(theirs.isPresent());
        if (ours == null) {
            return;
        }
        assertThat(ours.epoch()).isEqualTo(theirs.get().producerEpoch());
        List<List<Long>> batches = new ArrayList<>();
        ours.batches()
                .forEach(batch -> batches.add(
                        List.of((long) batch.firstSequence(), (long) batch.lastSequence(), batch.baseOffset())));
        List<List<Long>> expected = new ArrayList<>();
        theirs.get()
                .batchMetadata()
                .forEach(batch ->
                        expected.add(List.of((long) batch.firstSeq(), (long) batch.lastSeq(), batch.firstOffset())));
        assertThat(batches).isEqualTo(expected);
    }

    /** Kafka's decision, and, where it takes the batch, its new state. Only for a producer without state do we differ. */
    private static Sequencer.Assignment decide(
            ProducerStateManager kafka, BatchHeader batch, Sequencer.Assignment ours) {
        int last = Producer.sequenceAfter(batch.baseSequence(), batch.lastOffsetDelta());
        Optional<ProducerStateEntry> known = kafka.lastEntry(batch.producerId());
        if (known.isEmpty() && batch.baseSequence() != 0) {
            return new Sequencer.Rejected(ErrorCode.SESSION_EXPIRED, reason(ours));
        }
        if (known.isPresent() && known.get().producerEpoch() == batch.producerEpoch()) {
            for (BatchMetadata each : known.get().batchMetadata()) {
                if (each.firstSeq() == batch.baseSequence() && each.lastSeq() == last) {
                    boolean applied = ours instanceof Sequencer.Duplicate duplicate && duplicate.applied();
                    return new Sequencer.Duplicate(each.firstOffset(), 0, applied);
                }
            }
        }
        long base = kafka.mapEndOffset();
        ProducerAppendInfo info = kafka.prepareUpdate(batch.producerId(), AppendOrigin.CLIENT);
        try {
            info.appendDataBatch(
                    batch.producerEpoch(),
                    batch.baseSequence(),
                    last,
                    batch.maxTimestamp(),
                    new LogOffsetMetadata(base),
                    base + batch.lastOffsetDelta(),
                    false);
        } catch (InvalidProducerEpochException e) {
            return new Sequencer.Rejected(ErrorCode.PRODUCER_FENCED, reason(ours));
        } catch (OutOfOrderSequenceException e) {
            return new Sequencer.Rejected(ErrorCode.OUT_OF_ORDER_SEQUENCE, reason(ours));
        }
        kafka.update(info);
        kafka.updateMapEndOffset(base + batch.lastOffsetDelta() + 1);
        return new Sequencer.Assigned(AppendPart.of(batch, 1, base, 1));
    }

    private static String reason(Sequencer.Assignment ours) {
        return ours instanceof Sequencer.Rejected rejected ? rejected.reason() : "";
    }

    /** Mostly what is next; else a repetition, a gap, an epoch that is older or newer. Large batches, so that sequences wrap. */
    private static BatchHeader next(SplittableRandom random, ProducerStateManager kafka, List<BatchHeader> sent) {
        if (!sent.isEmpty() && random.nextInt(4) == 0) {
            return sent.get(Math.max(0, sent.size() - 1 - random.nextInt(9)));
        }
        long id = random.nextInt(3);
        int records = random.nextBoolean() ? random.nextInt(1, 5) : random.nextInt(1, 1 << 30);
        Optional<ProducerStateEntry> known = kafka.lastEntry(id);
        int epoch = known.isPresent() ? known.get().producerEpoch() : 0;
        int sequence = 0;
        if (known.isPresent()) {
            List<BatchMetadata> batches = List.copyOf(known.get().batchMetadata());
            sequence = Producer.sequenceAfter(batches.get(batches.size() - 1).lastSeq(), 1);
        }
        switch (random.nextInt(10)) {
            case 0 -> epoch = Math.max(0, epoch - 1);
            case 1 -> {
                epoch++;
                sequence = 0;
            }
            case 2 -> epoch++;
            case 3 -> sequence = Producer.sequenceAfter(sequence, 1);
            default -> {}
        }
        return Objects.requireNonNull(Histories.batch(records, 100, id, epoch, sequence, 1000));
    }
}
