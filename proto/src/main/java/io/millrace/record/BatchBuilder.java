package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes records into one batch, magic 2 (Apache Kafka, message format, "Record Batch" and "Record"). For reuse: {@link
 * #build} hands out the builder's own memory, {@link #clear} takes it back.
 *
 * <p>The hottest path of a producer: an append copies key and value once, to their final place, and allocates nothing
 * unless the array must grow. Not thread safe.
 */
public final class BatchBuilder {
    private static final int MAX_BYTES = Integer.MAX_VALUE - 64;

    private static final int MAX_VARINT = 5;

    private final ByteSink compressed = new ByteSink();
    private byte[] bytes;
    private int size = BatchHeader.SIZE;
    private int recordCount;
    private long baseTimestamp;
    private long maxTimestamp;

    /**
     * @param initialBytes room to begin with; the array grows past it where needed
     */
    public BatchBuilder(int initialBytes) {
        bytes = new byte[Math.max(initialBytes, BatchHeader.SIZE)];
    }

    public void append(long timestampMillis, byte @Nullable [] key, byte @Nullable [] value) {
        append(timestampMillis, key, value, List.of());
    }

    public void append(
            long timestampMillis, byte @Nullable [] key, byte @Nullable [] value, List<RecordHeader> headers) {
        append(
                timestampMillis,
                key,
                0,
                key == null ? 0 : key.length,
                value,
                0,
                value == null ? 0 : value.length,
                headers);
    }

    /**
     * Appends a record whose key and value are parts of arrays. A null array means no key, or no value, whatever its
     * length says.
     *
     * @param timestampMillis since the epoch, or -1 for none
     * @throws IllegalArgumentException where the timestamp is below -1, or the batch would pass 2 GiB; nothing is appended
     */
    public void append(
            long timestampMillis,
            byte @Nullable [] key,
            int keyPosition,
            int keyLength,
            byte @Nullable [] value,
            int valuePosition,
            int valueLength,
            List<RecordHeader> headers) {
        int p = begin(timestampMillis, key == null ? -1 : keyLength, value == null ? -1 : valueLength, headers);
        if (key == null) {
            bytes[p++] = 1; // -1 as a zigzag varint
        } else {
            p = Varints.write(bytes, p, keyLength);
            System.arraycopy(key, keyPosition, bytes, p, keyLength);
            p += keyLength;
        }
        if (value == null) {
            bytes[p++] = 1;
        } else {
            p = Varints.write(bytes, p, valueLength);
            System.arraycopy(value, valuePosition, bytes, p, valueLength);
            p += valueLength;
        }
        end(timestampMillis, p, headers);
    }

    /** As the other, with the remaining bytes of the buffers, whose positions stay as they are. */
    public void append(
            long timestampMillis, @Nullable ByteBuffer key, @Nullable ByteBuffer value, List<RecordHeader> headers) {
        int keyLength = key == null ? -1 : key.remaining();
        int valueLength = value == null ? -1 : value.remaining();
        int p = begin(timestampMillis, keyLength, valueLength, headers);
        p = Varints.write(bytes, p, keyLength);
        if (key != null) {
            key.get(key.position(), bytes, p, keyLength);
            p += keyLength;
        }
        p = Varints.write(bytes, p, valueLength);
        if (value != null) {
            value.get(value.position(), bytes, p, valueLength);
            p += valueLength;
        }
        end(timestampMillis, p, headers);
    }

    /** Writes what stands before the key, with room made for all, and gives the position behind it. */
    private int begin(long timestampMillis, int keyLength, int valueLength, List<RecordHeader> headers) {
        if (timestampMillis < -1) {
            throw new IllegalArgumentException("The timestamp of a record is negative: " + timestampMillis);
        }
        long timestampDelta = recordCount == 0 ? 0 : timestampMillis - baseTimestamp;
        long body = 1L
                + Varints.size(timestampDelta)
                + Varints.size(recordCount)
                + sizeWithLength(keyLength)
                + sizeWithLength(valueLength)
                + sizeOf(headers);
        if (size + MAX_VARINT + body > MAX_BYTES) {
            throw new IllegalArgumentException("A batch is smaller than 2 GiB; the record has " + body + " bytes");
        }
        reserve(MAX_VARINT + (int) body);
        int p = Varints.write(bytes, size, (int) body);
        bytes[p++] = 0; // attributes of a record: none is defined
        p = Varints.write(bytes, p, timestampDelta);
        return Varints.write(bytes, p, recordCount);
    }

    /** Writes what stands behind the value, and counts the record in. */
    private void end(long timestampMillis, int position, List<RecordHeader> headers) {
        int p = Varints.write(bytes, position, headers.size());
        for (int i = 0; i < headers.size(); i++) {
            RecordHeader header = headers.get(i);
            p = Varints.write(bytes, p, Utf8.size(header.key()));
            p = Utf8.write(bytes, p, header.key());
            byte[] value = header.value();
            p = Varints.write(bytes, p, value == null ? -1 : value.length);
            if (value != null) {
                System.arraycopy(value, 0, bytes, p, value.length);
                p += value.length;
            }
        }
        if (recordCount == 0) {
            baseTimestamp = timestampMillis;
            maxTimestamp = timestampMillis;
        } else if (timestampMillis > maxTimestamp) {
            maxTimestamp = timestampMillis;
        }
        size = p;
        recordCount++;
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            long grown = Math.max(2L * bytes.length, (long) size + more);
            bytes = Arrays.copyOf(bytes, (int) Math.min(grown, MAX_BYTES));
        }
    }

    private static long sizeOf(List<RecordHeader> headers) {
        long sum = Varints.size(headers.size());
        for (int i = 0; i < headers.size(); i++) {
            RecordHeader header = headers.get(i);
            byte[] value = header.value();
            sum += sizeWithLength(Utf8.size(header.key())) + sizeWithLength(value == null ? -1 : value.length);
        }
        return sum;
    }

    private static long sizeWithLength(int length) {
        return length < 0 ? 1 : (long) Varints.size(length) + length;
    }

    /** The most bytes that a record of these parts adds to a batch; lengths of what is null are -1. */
    public static long maxRecordBytes(int keyLength, int valueLength, List<RecordHeader> headers) {
        int lengthAttributesAndDeltas = MAX_VARINT + 1 + 10 + MAX_VARINT;
        return lengthAttributesAndDeltas + sizeWithLength(keyLength) + sizeWithLength(valueLength) + sizeOf(headers);
    }

    /** Bytes of the batch as it is now, header included, before compression. */
    public int estimatedSize() {
        return size;
    }

    public int recordCount() {
        return recordCount;
    }

    public boolean isEmpty() {
        return recordCount == 0;
    }

    /** The batch of a producer that is not idempotent. See the other. */
    public ByteBuffer build(Compression compression) {
        return build(compression, -1, (short) -1, -1);
    }

    /**
     * Finishes the batch, with base offset 0 and leader epoch -1 for the broker to stamp. Nothing is copied: the buffer
     * (an array without offset, from position 0 to the limit) is the builder's memory and good until {@link #clear}, the
     * next append or the next build. To build again with another sequence is allowed.
     *
     * @param producerId -1 where not idempotent; then epoch and sequence are -1 too
     * @param baseSequence of the first record
     * @throws IllegalStateException where there is no record
     */
    public ByteBuffer build(Compression compression, long producerId, short producerEpoch, int baseSequence) {
        if (recordCount == 0) {
            throw new IllegalStateException("A batch has at least one record");
        }
        ByteBuffer batch;
        if (compression == Compression.NONE) {
            batch = ByteBuffer.wrap(bytes, 0, size);
        } else {
            compressed.clear(ByteSink.NO_LIMIT);
            compressed.reserve(BatchHeader.SIZE);
            compressed.advance(BatchHeader.SIZE);
            Codec.of(compression).compress(bytes, BatchHeader.SIZE, size - BatchHeader.SIZE, compressed);
            batch = ByteBuffer.wrap(compressed.bytes(), 0, compressed.size());
        }
        int batchBytes = batch.limit();
        BatchHeader.writeOffsetAndEpoch(batch, 0, 0, -1);
        BatchLayout.putInt(batch, BatchLayout.LENGTH, batchBytes - BatchLayout.LENGTH_COUNTS_FROM);
        batch.put(BatchLayout.MAGIC, BatchLayout.CURRENT_MAGIC);
        BatchLayout.putShort(batch, BatchLayout.ATTRIBUTES, (short) compression.id());
        BatchLayout.putInt(batch, BatchLayout.LAST_OFFSET_DELTA, recordCount - 1);
        BatchLayout.putLong(batch, BatchLayout.BASE_TIMESTAMP, baseTimestamp);
        BatchLayout.putLong(batch, BatchLayout.MAX_TIMESTAMP, maxTimestamp);
        BatchLayout.putLong(batch, BatchLayout.PRODUCER_ID, producerId);
        BatchLayout.putShort(batch, BatchLayout.PRODUCER_EPOCH, producerEpoch);
        BatchLayout.putInt(batch, BatchLayout.BASE_SEQUENCE, baseSequence);
        BatchLayout.putInt(batch, BatchLayout.RECORD_COUNT, recordCount);
        BatchLayout.putInt(batch, BatchLayout.CRC, BatchLayout.crcOf(batch, 0, batchBytes));
        return batch;
    }

    /** Empties the builder and keeps its memory. What was built before must no longer be in use. */
    public void clear() {
        size = BatchHeader.SIZE;
        recordCount = 0;
    }
}
