package io.millrace.replication.state;

import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Reads and writes the fields of rows: big-endian, fixed width; a value begins with the version of its layout. */
final class RowBytes {
    static final byte VERSION = 1;

    private RowBytes() {}

    static ByteBuffer value(int bytesAfterVersion) {
        return value(VERSION, bytesAfterVersion);
    }

    static ByteBuffer value(byte version, int bytesAfterVersion) {
        return ByteBuffer.allocate(1 + bytesAfterVersion).put(version);
    }

    /** The bytes of a value that is complete. */
    static byte[] bytes(ByteBuffer out) {
        if (out.hasRemaining() || out.arrayOffset() != 0) {
            throw new IllegalStateException(out.remaining() + " bytes of a row are missing");
        }
        return out.array();
    }

    /** A value behind its version byte. */
    static ByteBuffer open(String what, byte[] value) {
        return openUpTo(VERSION, what, value);
    }

    /** As {@link #open}, of a row of which more versions are known than of others. */
    static ByteBuffer openUpTo(byte version, String what, byte[] value) {
        if (value.length == 0 || value[0] < 1) {
            throw corrupt(what);
        }
        if (value[0] > version) {
            throw new StorageException(
                    StorageException.Kind.NEWER_FORMAT,
                    what + " row has version " + value[0] + "; known are up to " + version);
        }
        return ByteBuffer.wrap(value, 1, value.length - 1);
    }

    /** As {@link #open}, for a layout of one size. */
    static ByteBuffer open(String what, byte[] value, int bytesAfterVersion) {
        ByteBuffer in = open(what, value);
        if (in.remaining() != bytesAfterVersion) {
            throw corrupt(what);
        }
        return in;
    }

    static StorageException corrupt(String what) {
        return new StorageException(StorageException.Kind.CORRUPT, "not a row of " + what);
    }

    static ByteBuffer put(ByteBuffer out, UUID id) {
        return out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    static UUID uuid(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Text behind its length in two bytes. */
    static String text(ByteBuffer in, String what) {
        int length = in.remaining() < 2 ? -1 : in.getShort() & 0xffff;
        if (length < 0 || length > in.remaining()) {
            throw corrupt(what);
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The smallest key above all that begin with {@code prefix}. */
    static byte[] after(byte[] prefix) {
        byte[] after = prefix.clone();
        for (int i = after.length - 1; i >= 0; i--) {
            if (++after[i] != 0) {
                return after;
            }
        }
        throw new IllegalArgumentException("no key is above a prefix of nothing but ones");
    }
}
