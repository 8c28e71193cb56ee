package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.ErrorCode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class BatchValidatorTest {
    @Test
    void takesABatchWithAndWithoutProducerId() {
        assertThat(BatchValidator.verifyProduced(batch(), 1000).isIdempotent()).isFalse();
        ByteBuffer idempotent = builder().build(Compression.NONE, 0, (short) 0, Integer.MAX_VALUE);
        BatchHeader header = BatchValidator.verifyProduced(idempotent, 1000);
        assertThat(header.isIdempotent()).isTrue();
        assertThat(header.lastSequence()).isEqualTo(1); // goes on at 0 after the largest int
    }

    @Test
    void takesWhatClientsWithoutIdempotenceWriteIntoEpochAndSequence() {
        ByteBuffer batch = builder().build(Compression.NONE, -1, (short) 0, 0);
        assertThat(BatchValidator.verifyProduced(batch, 1000).recordCount()).isEqualTo(3);
    }

    @Test
    void refusesWhatIsLargerThanTheLimit() {
        ByteBuffer batch = batch();
        assertThat(BatchValidator.verifyProduced(batch, batch.limit())).isNotNull();
        assertThatThrownBy(() -> BatchValidator.verifyProduced(batch, batch.limit() - 1))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BATCH_TOO_LARGE));
    }

    @Test
    void refusesEveryFlippedBit() {
        ByteBuffer batch = batch();
        for (int bit = BatchLayout.MAGIC * 8; bit < batch.limit() * 8; bit++) {
            byte[] bytes = RandomRecords.copy(batch);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> BatchValidator.verify(ByteBuffer.wrap(bytes), 0))
                    .isInstanceOf(InvalidBatchException.class);
        }
    }

    @Test
    void refusesEveryShorterPieceAndOneByteMore() {
        ByteBuffer batch = batch();
        for (int length = 0; length < batch.limit(); length++) {
            ByteBuffer piece = ByteBuffer.wrap(Arrays.copyOf(RandomRecords.copy(batch), length));
            assertThatThrownBy(() -> BatchValidator.verifyProduced(piece, 1000))
                    .isInstanceOfSatisfying(
                            InvalidBatchException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_BATCH));
        }
        ByteBuffer longer = ByteBuffer.wrap(Arrays.copyOf(RandomRecords.copy(batch), batch.limit() + 1));
        assertThatThrownBy(() -> BatchValidator.verifyProduced(longer, 1000))
                .isInstanceOf(InvalidBatchException.class)
                .hasMessageContaining("were sent");
    }

    @Test
    void refusesOtherMagics() {
        for (byte magic : new byte[] {0, 1, 3, -1}) {
            assertRefused(b -> b.put(BatchLayout.MAGIC, magic), ErrorCode.UNSUPPORTED_BATCH_FORMAT, "magic " + magic);
        }
        // A message of the oldest format is shorter than the header of today's.
        ByteBuffer old = ByteBuffer.allocate(26).putInt(BatchLayout.LENGTH, 14);
        assertThatThrownBy(() -> BatchValidator.verifyProduced(old.rewind(), 1000))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED_BATCH_FORMAT));
    }

    @Test
    void refusesAWrongCrc() {
        ByteBuffer batch = batch();
        batch.put(batch.limit() - 1, (byte) 99);
        assertThatThrownBy(() -> BatchValidator.verifyProduced(batch, 1000))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_BATCH));
    }

    @Test
    void refusesAttributesThatAreNotTheProducers() {
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 5), "codec");
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 7), "codec");
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 0x08), "LogAppendTime");
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 0x10), "Transactions");
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 0x20), "Control");
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 0x40), "0x40");
        assertInvalid(b -> b.putShort(BatchLayout.ATTRIBUTES, (short) 0x8000), "0x8000");
    }

    @Test
    void refusesCountsThatDoNotFit() {
        assertInvalid(b -> b.putInt(BatchLayout.RECORD_COUNT, -1), "-1 records");
        assertInvalid(b -> b.putInt(BatchLayout.RECORD_COUNT, 0), "0 records");
        assertInvalid(b -> b.putInt(BatchLayout.RECORD_COUNT, 2), "2 records");
        assertInvalid(b -> b.putInt(BatchLayout.RECORD_COUNT, 4), "4 records");
        assertInvalid(b -> b.putInt(BatchLayout.LAST_OFFSET_DELTA, 3), "delta of 3");
        assertInvalid(b -> b.putInt(BatchLayout.LAST_OFFSET_DELTA, -1), "delta -1");
        assertInvalid(
                b -> b.putInt(BatchLayout.RECORD_COUNT, Integer.MAX_VALUE)
                        .putInt(BatchLayout.LAST_OFFSET_DELTA, Integer.MAX_VALUE - 1),
                "do not fit into");
        assertInvalid(b -> b.putInt(BatchLayout.LENGTH, Integer.MAX_VALUE), "length field");
        assertInvalid(b -> b.putInt(BatchLayout.LENGTH, -1), "length field");
        assertInvalid(b -> b.putInt(BatchLayout.LENGTH, 48), "length field");
        assertInvalid(b -> b.putLong(BatchLayout.BASE_OFFSET, -1), "Base offset");
        assertInvalid(b -> b.putLong(BatchLayout.BASE_OFFSET, Long.MAX_VALUE), "Base offset");
    }

    @Test
    void refusesTimestampsAndProducersThatDoNotFit() {
        assertInvalid(b -> b.putLong(BatchLayout.MAX_TIMESTAMP, 1), "timestamps");
        assertInvalid(b -> b.putLong(BatchLayout.BASE_TIMESTAMP, -2), "timestamps");
        assertInvalid(b -> b.putLong(BatchLayout.PRODUCER_ID, 5), "Producer id 5");
        assertInvalid(b -> b.putLong(BatchLayout.PRODUCER_ID, -2), "Producer id -2");
        assertInvalid(b -> b.putLong(BatchLayout.PRODUCER_ID, 5).putShort(BatchLayout.PRODUCER_EPOCH, (short) 0), "-1");
    }

    @Test
    void walksOverSeveralBatches() {
        ByteBuffer one = batch();
        ByteBuffer all = ByteBuffer.allocate(2 + 3 * one.limit()).position(2);
        for (int i = 0; i < 3; i++) {
            BatchHeader.writeOffsetAndEpoch(one, 0, 3L * i, 4);
            all.put(one.duplicate());
        }
        all.flip().position(2);
        assertThat(new Batches(all))
                .extracting(batch -> batch.header().baseOffset())
                .containsExactly(0L, 3L, 6L);
        assertThat(new Batches(all))
                .extracting(Batches.Batch::position)
                .element(1)
                .isEqualTo(2 + one.limit());
        assertThat(all.position()).isEqualTo(2);
        assertThat(new Batches(ByteBuffer.allocate(0))).isEmpty();
        all.limit(all.limit() - 1);
        assertThatThrownBy(() -> new Batches(all).forEach(batch -> {})).isInstanceOf(InvalidBatchException.class);
    }

    @Test
    void readsAHeaderAheadOfItsRecords() {
        ByteBuffer batch = batch();
        int size = batch.limit();
        batch.limit(BatchHeader.SIZE);
        assertThat(BatchHeader.readAhead(batch, 0).sizeInBytes()).isEqualTo(size);
        assertThatThrownBy(() -> BatchHeader.read(batch, 0)).isInstanceOf(InvalidBatchException.class);
    }

    @Test
    void keepsTheCrcWhenOffsetAndEpochAreStamped() {
        ByteBuffer batch = batch();
        BatchHeader.writeOffsetAndEpoch(batch, 0, Long.MAX_VALUE - 2, Integer.MAX_VALUE);
        BatchHeader header = BatchValidator.verify(batch, 0);
        assertThat(header.lastOffset()).isEqualTo(Long.MAX_VALUE);
        assertThat(header.partitionLeaderEpoch()).isEqualTo(Integer.MAX_VALUE);
    }

    private static BatchBuilder builder() {
        BatchBuilder builder = new BatchBuilder(16);
        for (int i = 0; i < 3; i++) {
            builder.append(1_700_000_000_000L + i, new byte[] {1}, new byte[] {2, 3});
        }
        return builder;
    }

    private static ByteBuffer batch() {
        return builder().build(Compression.NONE);
    }

    private static void assertInvalid(Consumer<ByteBuffer> change, String message) {
        assertRefused(change, ErrorCode.INVALID_BATCH, message);
    }

    private static void assertRefused(Consumer<ByteBuffer> change, ErrorCode code, String message) {
        ByteBuffer batch = batch();
        change.accept(batch);
        batch.putInt(BatchLayout.CRC, BatchLayout.crcOf(batch, 0, batch.limit()));
        assertThatThrownBy(() -> BatchValidator.verifyProduced(batch, 1000))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
