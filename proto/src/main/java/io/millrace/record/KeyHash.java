package io.millrace.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * From a key to a number: murmur2 with the seed of Kafka's clients, and the coordinate that ranges of keys are made of. Pure.
 */
public final class KeyHash {
    /** Coordinates lie in {@code [0, COORDINATES)}. */
    public static final long COORDINATES = 1L << 31;

    private static final int SEED = 0x9747b28c;
    private static final int MULTIPLIER = 0x5bd1e995;
    private static final int SHIFT = 24;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private KeyHash() {}

    public static int murmur2(byte[] key) {
        return murmur2(key, 0, key.length);
    }

    /** MurmurHash2 (Austin Appleby, public domain), 32 bits. */
    public static int murmur2(byte[] bytes, int position, int length) {
        int hash = SEED ^ length;
        int p = position;
        int tail = position + (length & ~3);
        for (; p < tail; p += 4) {
            int k = (int) INT.get(bytes, p) * MULTIPLIER;
            k = (k ^ (k >>> SHIFT)) * MULTIPLIER;
            hash = (hash * MULTIPLIER) ^ k;
        }
        int rest = length & 3;
        if (rest > 0) {
            for (int i = rest - 1; i >= 0; i--) {
                hash ^= (bytes[p + i] & 0xFF) << (8 * i);
            }
            hash *= MULTIPLIER;
        }
        hash = (hash ^ (hash >>> 13)) * MULTIPLIER;
        return hash ^ (hash >>> 15);
    }

    /** The hash without its sign: in {@code [0, 2^31)}. */
    public static int positive(int hash) {
        return hash & Integer.MAX_VALUE;
    }

    /** The partition by placement MODULO, which is what Kafka's producers compute. */
    public static int modulo(int hash, int partitions) {
        return positive(hash) % partitions;
    }

    /**
     * The coordinate of a key by its hash: the 31 bits of the positive hash in reverse. So the first bits of a coordinate,
     * which choose the range, are the last bits of the hash, which modulo a power of two looks at.
     */
    public static int coordinate(int hash) {
        return reversed(positive(hash));
    }

    /** The 31 bits of a number that is not negative, in reverse; its own inverse. */
    static int reversed(int number) {
        return Integer.reverse(number) >>> 1;
    }
}
