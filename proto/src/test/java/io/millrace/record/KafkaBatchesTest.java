package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Both directions against Kafka's own classes; the only test that names their internal package. */
class KafkaBatchesTest {
    @Seeds(30)
    void kafkaReadsWhatWeWrite(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LogRecord> records = RandomRecords.list(random, 1 + random.nextInt(40));
        for (Compression compression : Compression.values()) {
            ByteBuffer bytes = RandomRecords.builder(records).build(compression, 77, (short) 5, 1234);
            BatchHeader.writeOffsetAndEpoch(bytes, 0, 0, 9);
            MutableRecordBatch batch = onlyBatch(bytes);
            batch.ensureValid();
            assertThat(batch.producerId()).isEqualTo(77);
            assertThat(batch.producerEpoch()).isEqualTo((short) 5);
            assertThat(batch.baseSequence()).isEqualTo(1234);
            assertThat(batch.partitionLeaderEpoch()).isEqualTo(9);
            assertThat(batch.compressionType().id).isEqualTo((byte) compression.id());
            assertThat(batch.maxTimestamp())
                    .isEqualTo(records.stream()
                            .mapToLong(LogRecord::timestamp)
                            .max()
                            .getAsLong());
            RandomRecords.assertSame(ours(batch), records);
        }
    }

    @Seeds(30)
    void weReadWhatKafkaWrites(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LogRecord> records = RandomRecords.list(random, 1 + random.nextInt(40));
        for (Compression compression : Compression.values()) {
            ByteBuffer bytes = kafkas(records, compression);
            BatchHeader header = BatchValidator.verifyProduced(bytes, Integer.MAX_VALUE);
            assertThat(header.producerId()).isEqualTo(77);
            assertThat(header.producerEpoch()).isEqualTo((short) 5);
            assertThat(header.baseSequence()).isEqualTo(1234);
            assertThat(header.recordCount()).isEqualTo(records.size());
            assertThat(header.compression()).isEqualTo(compression);
            RandomRecords.assertSame(BatchReader.readAll(bytes, bytes.position(), DecodeLimits.DEFAULT), records);
        }
    }

    @Seeds(30)
    void writesTheSameBytesAsKafkaWithoutCompression(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LogRecord> records = RandomRecords.list(random, 1 + random.nextInt(40));
        ByteBuffer ours = RandomRecords.builder(records).build(Compression.NONE, 77, (short) 5, 1234);
        assertThat(ours).isEqualTo(kafkas(records, Compression.NONE));
    }

    @Seeds(20)
    void restampsAsKafkaDoes(long seed) {
        List<LogRecord> records = RandomRecords.list(new SplittableRandom(seed), 3);
        for (Compression compression : Compression.values()) {
            ByteBuffer ours = RandomRecords.builder(records).build(compression);
            ByteBuffer theirs = ByteBuffer.allocate(ours.limit()).put(0, ours, 0, ours.limit());
            BatchHeader.writeOffsetAndEpoch(ours, 0, 40_000, 17);
            BatchHeader.writeLogAppendTime(ours, 0, 1_800_000_000_123L);

            MutableRecordBatch batch = onlyBatch(theirs);
            batch.setLastOffset(40_002);
            batch.setPartitionLeaderEpoch(17);
            batch.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, 1_800_000_000_123L);

            assertThat(ours).isEqualTo(theirs);
            assertThat(BatchReader.readAll(ours, 0, DecodeLimits.DEFAULT))
                    .extracting(LogRecord::timestamp)
                    .containsOnly(1_800_000_000_123L);
        }
    }

    @Test
    void readsABatchThatKafkasCleanerEmptied() {
        ByteBuffer bytes = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(
                bytes,
                RecordBatch.MAGIC_VALUE_V2,
                77,
                (short) 5,
                3,
                1000,
                1009,
                4,
                TimestampType.CREATE_TIME,
                1_700_000_000_000L,
                false,
                false);
        bytes.flip();
        BatchReader reader = new BatchReader(DecodeLimits.DEFAULT);
        BatchHeader header = reader.open(bytes, 0);
        assertThat(header.recordCount()).isZero();
        assertThat(header.lastOffset()).isEqualTo(1009);
        assertThat(reader.next()).isFalse();
    }

    @Test
    void readsABatchWithHolesBetweenItsOffsets() {
        var builder = MemoryRecords.builder(
                ByteBuffer.allocate(1000),
                org.apache.kafka.common.compress.Compression.NONE,
                TimestampType.CREATE_TIME,
                500);
        builder.appendWithOffset(500, 7, null, new byte[] {1});
        builder.appendWithOffset(503, 5, null, new byte[] {2});
        builder.appendWithOffset(510, 9, null, new byte[] {3});
        ByteBuffer bytes = builder.build().buffer();
        assertThat(BatchReader.readAll(bytes, bytes.position(), DecodeLimits.DEFAULT))
                .extracting(LogRecord::offset)
                .containsExactly(500L, 503L, 510L);
    }

    @Seeds(300)
    void hashesAsKafkaDoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] key = new byte[random.nextInt(1 << random.nextInt(1, 10))];
        random.nextBytes(key);
        assertThat(KeyHash.murmur2(key)).isEqualTo(Utils.murmur2(key));
        int partitions = 1 + random.nextInt(1000);
        assertThat(KeyHash.modulo(KeyHash.murmur2(key), partitions))
                .isEqualTo(Utils.toPositive(Utils.murmur2(key)) % partitions);
    }

    private static ByteBuffer kafkas(List<LogRecord> records, Compression compression) {
        SimpleRecord[] simple = records.stream()
                .map(record -> new SimpleRecord(record.timestamp(), record.key(), record.value(), headers(record)))
                .toArray(SimpleRecord[]::new);
        return MemoryRecords.withIdempotentRecords(
                        org.apache.kafka.common.compress.Compression.of(CompressionType.forId(compression.id()))
                                .build(),
                        77,
                        (short) 5,
                        1234,
                        simple)
                .buffer();
    }

    private static Header[] headers(LogRecord record) {
        return record.headers().stream()
                .map(header -> new RecordHeader(header.key(), header.value()))
                .toArray(Header[]::new);
    }

    private static MutableRecordBatch onlyBatch(ByteBuffer bytes) {
        List<MutableRecordBatch> batches = new ArrayList<>();
        MemoryRecords.readableRecords(bytes.duplicate()).batches().forEach(batches::add);
        assertThat(batches).hasSize(1);
        return batches.get(0);
    }

    private static List<LogRecord> ours(MutableRecordBatch batch) {
        List<LogRecord> records = new ArrayList<>();
        for (Record record : batch) {
            List<io.millrace.record.RecordHeader> headers = new ArrayList<>();
            for (Header header : record.headers()) {
                headers.add(new io.millrace.record.RecordHeader(header.key(), header.value()));
            }
            records.add(new LogRecord(
                    record.offset(), record.timestamp(), array(record.key()), array(record.value()), headers));
        }
        return records;
    }

    private static byte @Nullable [] array(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }
}
