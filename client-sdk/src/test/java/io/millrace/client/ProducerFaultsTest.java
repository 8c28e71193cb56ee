package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.record.LogRecord;
import io.millrace.testing.Seeds;
import io.millrace.v1.Placement;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Timeout;

/** Random faults of every kind against a model: each send ends once, nothing is stored twice, order holds, and what was acknowledged is there. */
class ProducerFaultsTest {
    private static final int PARTITIONS = 3;
    private static final ErrorCode[] TEMPORARY = {
        ErrorCode.OVERLOADED, ErrorCode.SHARD_UNAVAILABLE, ErrorCode.STORAGE_FULL, ErrorCode.DEADLINE_EXCEEDED
    };

    /** How a send ended: 0 not yet, then one of these. */
    private static final int ACKED = 1;

    private static final int NOT_WRITTEN = 2;
    private static final int UNKNOWN = 3;

    @Seeds(25)
    @Timeout(60)
    void settlesEachSendOnceAndStoresNothingTwice(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean permanent = random.nextBoolean();
        int count = 400 + random.nextInt(800);
        AtomicIntegerArray ends = new AtomicIntegerArray(count);
        AtomicIntegerArray told = new AtomicIntegerArray(count);
        long[] offsets = new long[count];
        ProducerConfig config = ProducerConfig.builder()
                .batchBytes(1024 + random.nextInt(3000))
                .bufferBytes(1 << 20)
                .requestTimeout(Duration.ofMillis(60))
                .retryBackoff(Duration.ofMillis(1))
                .retryBackoffMax(Duration.ofMillis(10))
                .deliveryTimeout(Duration.ofSeconds(random.nextInt(4) == 0 ? 1 : 20))
                .maxRequestsInFlight(1 + random.nextInt(8))
                .maxBatchesInFlight(1 + random.nextInt(5))
                .build();
        try (FakeBroker broker = new FakeBroker()) {
            broker.topic("t", PARTITIONS, Placement.RANGES);
            broker.script(faults(random.split(), permanent));
            try (MillraceClient client = Millrace.connect(broker.address())) {
                Producer producer = client.newProducer(config);
                for (int i = 0; i < count; i++) {
                    int number = i;
                    byte[] value = ByteBuffer.allocate(8 + random.nextInt(200))
                            .putInt(number)
                            .array();
                    producer.send(ProducerRecord.of("t", value).toPartition(number % PARTITIONS), (metadata, error) -> {
                        told.incrementAndGet(number);
                        if (metadata != null) {
                            offsets[number] = metadata.offset();
                            ends.set(number, ACKED);
                        } else if (error != null) {
                            ends.set(number, error.effect() == Effect.UNKNOWN ? UNKNOWN : NOT_WRITTEN);
                        }
                    });
                    if (random.nextInt(200) == 0) {
                        producer.flush();
                        for (int k = 0; k <= i; k++) {
                            assertThat(ends.get(k)).as("send %d after flush", k).isNotZero();
                        }
                    }
                }
                producer.close();
            }
            for (int i = 0; i < count; i++) {
                assertThat(told.get(i)).as("callbacks of send %d", i).isOne();
            }
            for (int partition = 0; partition < PARTITIONS; partition++) {
                check(broker.records("t", partition), partition, ends, offsets, count);
            }
        }
    }

    private static void check(
            List<LogRecord> stored, int partition, AtomicIntegerArray ends, long[] offsets, int count) {
        List<Integer> numbers = new ArrayList<>();
        int last = -1;
        for (LogRecord each : stored) {
            byte[] value = each.value();
            assertThat(value).isNotNull();
            int number = ByteBuffer.wrap(value).getInt();
            numbers.add(number);
            assertThat(number).as("order of partition %d", partition).isGreaterThan(last);
            last = number;
            assertThat(ends.get(number)).as("end of stored send %d", number).isNotEqualTo(NOT_WRITTEN);
            if (ends.get(number) == ACKED) {
                assertThat(offsets[number]).as("offset of send %d", number).isEqualTo(each.offset());
            }
        }
        for (int i = partition; i < count; i += PARTITIONS) {
            if (ends.get(i) == ACKED) {
                assertThat(numbers).as("acknowledged").contains(i);
            }
        }
    }

    /** Mostly calm, with bursts; each call draws, so the sequence of faults depends on the seed, not on their interleaving. */
    private static FakeBroker.Script faults(SplittableRandom random, boolean permanent) {
        return (topic, partition, attempt) -> switch (random.nextInt(permanent ? 14 : 13)) {
            case 0 -> new FakeBroker.Act.Drop(true);
            case 1 -> new FakeBroker.Act.Drop(false);
            case 2 -> random.nextInt(6) == 0 ? new FakeBroker.Act.Silence(random.nextBoolean()) : FakeBroker.Act.APPEND;
            case 3 -> new FakeBroker.Act.Refuse(TEMPORARY[random.nextInt(TEMPORARY.length)], Effect.NOT_WRITTEN);
            case 4 -> new FakeBroker.Act.Append(0, ErrorCode.UNKNOWN_OUTCOME.number());
            case 5 -> new FakeBroker.Act.Refuse(ErrorCode.UNKNOWN_OUTCOME, Effect.UNKNOWN);
            case 6 -> new FakeBroker.Act.Append(random.nextInt(20), 0);
            case 13 -> new FakeBroker.Act.Refuse(ErrorCode.BATCH_TOO_LARGE, Effect.NOT_WRITTEN);
            default -> FakeBroker.Act.APPEND;
        };
    }
}
