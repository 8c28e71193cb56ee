package io.millrace.record;

/** Writing of zigzag varints (protobuf's sint32 and sint64), by hand and without a loop where one byte is enough. */
final class Varints {
    private Varints() {}

    static int size(long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        // 37/256 stands for 1/7: right for every bit number up to 63.
        return (((63 - Long.numberOfLeadingZeros(zigzag | 1)) * 37) >>> 8) + 1;
    }

    /** Writes the value at {@code position} and gives the position behind it. */
    static int write(byte[] bytes, int position, int value) {
        int zigzag = (value << 1) ^ (value >> 31);
        while ((zigzag & ~0x7F) != 0) {
            bytes[position++] = (byte) (zigzag | 0x80);
            zigzag >>>= 7;
        }
        bytes[position] = (byte) zigzag;
        return position + 1;
    }

    static int write(byte[] bytes, int position, long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        while ((zigzag & ~0x7FL) != 0) {
            bytes[position++] = (byte) (zigzag | 0x80);
            zigzag >>>= 7;
        }
        bytes[position] = (byte) zigzag;
        return position + 1;
    }
}
