package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import io.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BatchBuilderTest {
    private static final byte[] BYTES = "0123456789".getBytes(StandardCharsets.UTF_8);

    @Test
    void takesPartsOfArraysAndBuffers() {
        BatchBuilder builder = new BatchBuilder(0);
        builder.append(5, BYTES, 2, 3, BYTES, 9, 1, List.of());
        ByteBuffer direct =
                ByteBuffer.allocateDirect(10).put(0, BYTES).position(1).limit(4);
        builder.append(6, direct, ByteBuffer.wrap(BYTES).asReadOnlyBuffer(), List.of());
        builder.append(7, (ByteBuffer) null, null, List.of());
        assertThat(direct.position()).isEqualTo(1);

        List<LogRecord> records = BatchReader.readAll(builder.build(Compression.NONE), 0, DecodeLimits.DEFAULT);
        assertThat(records.get(0).key()).asString().isEqualTo("234");
        assertThat(records.get(0).value()).asString().isEqualTo("9");
        assertThat(records.get(1).key()).asString().isEqualTo("123");
        assertThat(records.get(1).value()).asString().isEqualTo("0123456789");
        assertThat(records.get(2).key()).isNull();
        assertThat(records.get(2).value()).isNull();
    }

    @Test
    void showsRecordsWithoutCopyingThem() {
        BatchBuilder builder = new BatchBuilder(0);
        builder.append(5, BYTES, null, List.of(new RecordHeader("h", null)));
        BatchReader reader = new BatchReader(DecodeLimits.DEFAULT);
        reader.open(builder.build(Compression.NONE), 0);
        assertThat(reader.next()).isTrue();
        assertThat(reader.keyLength()).isEqualTo(10);
        assertThat(reader.keyView()).isEqualTo(ByteBuffer.wrap(BYTES));
        assertThat(reader.valueLength()).isEqualTo(-1);
        assertThat(reader.valueView()).isNull();
        assertThat(reader.headerCount()).isEqualTo(1);
        assertThat(reader.headers()).isEqualTo(reader.headers());
        assertThat(reader.next()).isFalse();
    }

    @Test
    void buildsAgainAfterClear() {
        BatchBuilder builder = new BatchBuilder(0);
        builder.append(9, BYTES, BYTES);
        builder.append(2, BYTES, BYTES);
        byte[] first = RandomRecords.copy(builder.build(Compression.ZSTD));
        builder.clear();
        assertThat(builder.isEmpty()).isTrue();
        assertThat(builder.estimatedSize()).isEqualTo(BatchHeader.SIZE);
        builder.append(9, BYTES, BYTES);
        builder.append(2, BYTES, BYTES);
        assertThat(RandomRecords.copy(builder.build(Compression.ZSTD))).isEqualTo(first);
    }

    @Test
    void buildsAgainWithAnotherSequence() {
        BatchBuilder builder = new BatchBuilder(0);
        builder.append(9, BYTES, BYTES);
        builder.build(Compression.NONE, 1, (short) 0, 10);
        BatchHeader header = BatchValidator.verify(builder.build(Compression.NONE, 1, (short) 1, 0), 0);
        assertThat(header.producerEpoch()).isEqualTo((short) 1);
        assertThat(header.baseSequence()).isZero();
    }

    @Test
    void refusesWhatCannotBeWrittenAndKeepsTheRest() {
        BatchBuilder builder = new BatchBuilder(0);
        assertThatThrownBy(() -> builder.build(Compression.NONE)).isInstanceOf(IllegalStateException.class);
        builder.append(-1, null, BYTES);
        assertThatThrownBy(() -> builder.append(-2, null, BYTES)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.append(0, null, 0, 0, BYTES, 0, Integer.MAX_VALUE, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.append(0, null, 0, 0, BYTES, 5, 6, List.of()))
                .isInstanceOf(IndexOutOfBoundsException.class);
        List<LogRecord> records = BatchReader.readAll(builder.build(Compression.NONE), 0, DecodeLimits.DEFAULT);
        assertThat(records).hasSize(1);
        assertThat(records.get(0).timestamp()).isEqualTo(-1);
    }

    @Seeds(300)
    void writesVarintsAsProtobufDoes(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        long value = random.nextLong() >> random.nextInt(64);
        byte[] theirs = new byte[10];
        CodedOutputStream out = CodedOutputStream.newInstance(theirs);
        out.writeSInt64NoTag(value);
        byte[] ours = new byte[10];
        assertThat(Varints.write(ours, 0, value)).isEqualTo(Varints.size(value)).isEqualTo(out.getTotalBytesWritten());
        assertThat(ours).isEqualTo(theirs);

        int small = (int) value;
        Arrays.fill(theirs, (byte) 0);
        Arrays.fill(ours, (byte) 0);
        out = CodedOutputStream.newInstance(theirs);
        out.writeSInt32NoTag(small);
        assertThat(Varints.write(ours, 0, small)).isEqualTo(Varints.size(small)).isEqualTo(out.getTotalBytesWritten());
        assertThat(ours).isEqualTo(theirs);
    }

    @Seeds(300)
    void writesUtf8AsTheJdkDoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        char[] chars = new char[random.nextInt(20)];
        for (int i = 0; i < chars.length; i++) {
            chars[i] = (char) (random.nextBoolean() ? random.nextInt(0xD7F0, 0xE010) : random.nextInt(0x900));
        }
        String text = new String(chars);
        byte[] bytes = new byte[Utf8.size(text)];
        assertThat(Utf8.write(bytes, 0, text)).isEqualTo(bytes.length);
        assertThat(bytes).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }
}
