package io.millrace.record;

import io.millrace.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of a batch, as a cursor: {@link #open}, then {@link #next} until it says false; the other methods
 * speak of the record that it moved to. Only what is asked for is copied. One reader serves many batches one after the
 * other and keeps its memory; a batch in a heap buffer that is not compressed is read where it lies.
 *
 * <p>The bytes may come from anywhere: whatever they are, each method gives what its type says or throws {@link
 * InvalidBatchException}; memory stays within the {@link DecodeLimits}. Not thread safe.
 */
public final class BatchReader {
    private static final byte[] NOTHING = {};

    /** A header's smallest: two lengths, a byte each. */
    private static final int SMALLEST_HEADER = 2;

    private final DecodeLimits limits;
    private final ByteSink uncompressed = new ByteSink();
    private byte[] copied = NOTHING;

    // The batch: its records lie in bytes, from the position on up to end.
    private byte[] bytes = NOTHING;
    private int position;
    private int end;
    private int remaining;
    private int lastOffsetDelta;
    private long baseOffset;
    private long baseTimestamp;
    private long appendTimestamp;
    private boolean isLogAppendTime;

    // The record.
    private int offsetDelta;
    private long timestampDelta;
    private int keyPosition;
    private int keyLength = -1;
    private int valuePosition;
    private int valueLength = -1;
    private int headerCount;
    private int headersPosition;

    public BatchReader(DecodeLimits limits) {
        this.limits = limits;
    }

    /** All records of the batch at {@code position} of the buffer, CRC checked. */
    public static List<LogRecord> readAll(ByteBuffer buffer, int position, DecodeLimits limits) {
        BatchReader reader = new BatchReader(limits);
        reader.open(buffer, position);
        List<LogRecord> records = new ArrayList<>();
        while (reader.next()) {
            records.add(reader.record());
        }
        return records;
    }

    /**
     * Begins with the batch at {@code position} of the buffer, before its first record. Checks header and CRC; uncompresses
     * if need be. The buffer must not change until the last record is read.
     *
     * @throws InvalidBatchException also BATCH_EXPANDS_TOO_FAR; the reader then has no record
     */
    public BatchHeader open(ByteBuffer buffer, int position) {
        remaining = 0;
        end = this.position;
        BatchHeader header = BatchValidator.verify(buffer, position);
        if (header.recordCount() > limits.maxRecords()) {
            throw new InvalidBatchException(
                    ErrorCode.BATCH_EXPANDS_TOO_FAR,
                    "The batch has " + header.recordCount() + " records; the limit is " + limits.maxRecords());
        }
        int length = header.sizeInBytes() - BatchHeader.SIZE;
        byte[] source;
        int from = position + BatchHeader.SIZE;
        if (buffer.hasArray()) {
            source = buffer.array();
            from += buffer.arrayOffset();
        } else {
            source = copy(buffer, from, length);
            from = 0;
        }
        begin(header, source, from, length);
        return header;
    }

    private byte[] copy(ByteBuffer buffer, int from, int length) {
        if (copied.length < length) {
            copied = new byte[Math.max(length, (int) Math.min(2L * copied.length, ByteSink.NO_LIMIT))];
        }
        buffer.get(from, copied, 0, length);
        return copied;
    }

    private void begin(BatchHeader header, byte[] source, int from, int length) {
        Compression compression = header.compression();
        if (compression == Compression.NONE || length == 0) {
            bytes = source;
            position = from;
            end = from + length;
        } else {
            uncompressed.clear(limits.outputLimit(length));
            Codec.of(compression).decompress(source, from, length, uncompressed);
            bytes = uncompressed.bytes();
            position = 0;
            end = uncompressed.size();
        }
        int count = header.recordCount();
        if ((long) count * BatchLayout.SMALLEST_RECORD > end - position) {
            end = position;
            throw invalid(count + " records do not fit into the batch");
        }
        if (count == 0 && position != end) {
            end = position;
            throw invalid("The batch has bytes but no records");
        }
        remaining = count;
        lastOffsetDelta = header.lastOffsetDelta();
        baseOffset = header.baseOffset();
        baseTimestamp = header.baseTimestamp();
        isLogAppendTime = header.isLogAppendTime();
        appendTimestamp = header.maxTimestamp();
        offsetDelta = -1;
    }

    /** Moves to the next record, if there is one. */
    public boolean next() {
        if (remaining == 0) {
            return false;
        }
        int left = remaining - 1;
        remaining = 0; // a batch that turns out broken has no more records
        int length = readInt(end);
        if (length < 0 || length > end - position) {
            throw invalid("A record says that it has " + length + " bytes; there are " + (end - position));
        }
        int recordEnd = position + length;
        if (length == 0) {
            throw invalid("A record is empty");
        }
        position++; // attributes: none is defined
        timestampDelta = readLong(recordEnd);
        int delta = readInt(recordEnd);
        if (delta <= offsetDelta || delta > lastOffsetDelta) {
            throw invalid("Offset delta " + delta + " follows " + offsetDelta + "; the last is " + lastOffsetDelta);
        }
        offsetDelta = delta;
        keyLength = readLength(recordEnd);
        keyPosition = position;
        position += Math.max(0, keyLength);
        valueLength = readLength(recordEnd);
        valuePosition = position;
        position += Math.max(0, valueLength);
        headerCount = readInt(recordEnd);
        headersPosition = position;
        if (headerCount < 0 || headerCount > (recordEnd - position) / SMALLEST_HEADER) {
            throw invalid("A record says that it has " + headerCount + " headers");
        }
        if ((headerCount == 0 && position != recordEnd) || (left == 0 && recordEnd != end)) {
            throw invalid("There are bytes behind a record");
        }
        position = recordEnd;
        remaining = left;
        return true;
    }

    public long offset() {
        return baseOffset + offsetDelta;
    }

    /** Milliseconds since the epoch: the producer's, or the broker's where the batch has type LogAppendTime. */
    public long timestamp() {
        return isLogAppendTime ? appendTimestamp : baseTimestamp + timestampDelta;
    }

    /** -1: the record has no key. */
    public int keyLength() {
        return keyLength;
    }

    /** -1: the record has no value. */
    public int valueLength() {
        return valueLength;
    }

    /** A copy of the key. */
    public byte @Nullable [] key() {
        return keyLength < 0 ? null : Arrays.copyOfRange(bytes, keyPosition, keyPosition + keyLength);
    }

    /** A copy of the value. */
    public byte @Nullable [] value() {
        return valueLength < 0 ? null : Arrays.copyOfRange(bytes, valuePosition, valuePosition + valueLength);
    }

    /** The key where it lies; good until the next {@link #open}. */
    public @Nullable ByteBuffer keyView() {
        return keyLength < 0 ? null : view(keyPosition, keyLength);
    }

    /** The value where it lies; good until the next {@link #open}. */
    public @Nullable ByteBuffer valueView() {
        return valueLength < 0 ? null : view(valuePosition, valueLength);
    }

    private ByteBuffer view(int from, int length) {
        return ByteBuffer.wrap(bytes, from, length).slice().asReadOnlyBuffer();
    }

    public int headerCount() {
        return headerCount;
    }

    /** The headers, decoded by this call; values are copies. */
    public List<RecordHeader> headers() {
        if (headerCount == 0) {
            return List.of();
        }
        int recordEnd = position;
        position = headersPosition;
        try {
            List<RecordHeader> headers = new ArrayList<>(headerCount);
            for (int i = 0; i < headerCount; i++) {
                headers.add(readHeader(recordEnd));
            }
            if (position != recordEnd) {
                throw invalid("There are bytes behind the headers of a record");
            }
            return headers;
        } finally {
            position = recordEnd;
        }
    }

    private RecordHeader readHeader(int recordEnd) {
        int length = readLength(recordEnd);
        if (length < 0) {
            throw invalid("A header has no key");
        }
        String key = new String(bytes, position, length, StandardCharsets.UTF_8);
        position += length;
        int valueBytes = readLength(recordEnd);
        if (valueBytes < 0) {
            return new RecordHeader(key, null);
        }
        byte[] value = Arrays.copyOfRange(bytes, position, position + valueBytes);
        position += valueBytes;
        return new RecordHeader(key, value);
    }

    /** The record as a value of its own, independent of this reader. */
    public LogRecord record() {
        return new LogRecord(offset(), timestamp(), key(), value(), headers());
    }

    /** Bytes of memory kept for batches to come. */
    int heldBytes() {
        return copied.length + uncompressed.bytes().length;
    }

    /** A length of what follows, which lies before the limit; -1 means null. */
    private int readLength(int limit) {
        int length = readInt(limit);
        if (length < -1 || length > limit - position) {
            throw invalid("A length of " + length + " stands where " + (limit - position) + " bytes are left");
        }
        return length;
    }

    private int readInt(int limit) {
        if (position < limit) {
            int b = bytes[position];
            if (b >= 0) {
                position++;
                return (b >>> 1) ^ -(b & 1);
            }
        }
        long value = readLongSlowly(limit);
        if ((int) value != value) {
            throw invalid("A number is larger than 32 bits: " + value);
        }
        return (int) value;
    }

    private long readLong(int limit) {
        if (position < limit) {
            long b = bytes[position];
            if (b >= 0) {
                position++;
                return (b >>> 1) ^ -(b & 1);
            }
        }
        return readLongSlowly(limit);
    }

    private long readLongSlowly(int limit) {
        long zigzag = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position >= limit) {
                throw invalid("A record ends within a number");
            }
            byte b = bytes[position++];
            zigzag |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                if (shift == 63 && b > 1) {
                    break;
                }
                return (zigzag >>> 1) ^ -(zigzag & 1);
            }
        }
        throw invalid("A number is longer than 64 bits");
    }

    private static InvalidBatchException invalid(String message) {
        return new InvalidBatchException(ErrorCode.INVALID_BATCH, message);
    }
}
