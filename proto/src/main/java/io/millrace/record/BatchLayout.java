package io.millrace.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Where the fields of a batch header stand. Big-endian whatever the order of the buffer is set to. */
final class BatchLayout {
    static final int BASE_OFFSET = 0;
    static final int LENGTH = 8;
    static final int LEADER_EPOCH = 12;
    static final int MAGIC = 16;
    static final int CRC = 17;
    static final int ATTRIBUTES = 21;
    static final int LAST_OFFSET_DELTA = 23;
    static final int BASE_TIMESTAMP = 27;
    static final int MAX_TIMESTAMP = 35;
    static final int PRODUCER_ID = 43;
    static final int PRODUCER_EPOCH = 51;
    static final int BASE_SEQUENCE = 53;
    static final int RECORD_COUNT = 57;

    /** The length field counts the bytes behind itself. */
    static final int LENGTH_COUNTS_FROM = 12;

    static final byte CURRENT_MAGIC = 2;

    static final int CODEC_MASK = 0x07;
    static final int LOG_APPEND_TIME = 0x08;
    static final int TRANSACTIONAL = 0x10;
    static final int CONTROL = 0x20;

    /** No value, no headers, smallest varints: length, attributes, two deltas, two lengths and a count, a byte each. */
    static final int SMALLEST_RECORD = 7;

    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);

    private BatchLayout() {}

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteBufferViewVarHandle(array, ByteOrder.BIG_ENDIAN);
    }

    static short shortAt(ByteBuffer buffer, int index) {
        return (short) SHORT.get(buffer, index);
    }

    static int intAt(ByteBuffer buffer, int index) {
        return (int) INT.get(buffer, index);
    }

    static long longAt(ByteBuffer buffer, int index) {
        return (long) LONG.get(buffer, index);
    }

    static void putShort(ByteBuffer buffer, int index, short value) {
        SHORT.set(buffer, index, value);
    }

    static void putInt(ByteBuffer buffer, int index, int value) {
        INT.set(buffer, index, value);
    }

    static void putLong(ByteBuffer buffer, int index, long value) {
        LONG.set(buffer, index, value);
    }

    /** The CRC-32C that the batch at {@code position}, of {@code sizeInBytes} bytes, ought to have. */
    static int crcOf(ByteBuffer buffer, int position, int sizeInBytes) {
        CRC32C crc = new CRC32C();
        ByteBuffer covered = buffer.duplicate();
        covered.limit(position + sizeInBytes).position(position + ATTRIBUTES);
        crc.update(covered);
        return (int) crc.getValue();
    }
}
