package io.millrace.storage.index;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Family;
import io.millrace.storage.LogPosition;
import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The index's own rows in META. Their keys begin with a zero byte, which the layers above leave alone.
 *
 * <pre>
 * 0x00 'f'  →  format version u32
 * 0x00 'm'  →  version byte 1, term u64, raft index i64, log end: file u32, position u32
 * </pre>
 */
final class MetaRows {
    static final int FORMAT = 1;
    static final byte[] FORMAT_KEY = {0, 'f'};
    static final byte[] MARK_KEY = {0, 'm'};
    private static final byte MARK_VERSION = 1;
    private static final int MARK_BYTES = 1 + 8 + 8 + 4 + 4;

    private MetaRows() {}

    static byte[] format(int version) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(version).array();
    }

    /** Refuses an index that this code does not understand. */
    static void checkFormat(byte @Nullable [] value) {
        if (value == null || value.length != Integer.BYTES) {
            throw new StorageException(StorageException.Kind.CORRUPT, "The index has no format version");
        }
        int version = ByteBuffer.wrap(value).getInt();
        if (version <= 0) {
            throw new StorageException(StorageException.Kind.CORRUPT, "The index has format version " + version);
        }
        if (version > FORMAT) {
            throw new StorageException(
                    StorageException.Kind.NEWER_FORMAT,
                    "The index has format version " + version + ", known are up to " + FORMAT);
        }
    }

    static byte[] mark(AppliedMark mark) {
        return ByteBuffer.allocate(MARK_BYTES)
                .put(MARK_VERSION)
                .putLong(mark.term())
                .putLong(mark.raftIndex())
                .putInt(mark.logEnd().file())
                .putInt(mark.logEnd().position())
                .array();
    }

    static AppliedMark mark(byte @Nullable [] value) {
        if (value == null) {
            return AppliedMark.NONE;
        }
        if (value.length == 0 || value[0] <= 0 || (value[0] == MARK_VERSION && value.length != MARK_BYTES)) {
            throw new StorageException(StorageException.Kind.CORRUPT, "Applied mark of " + value.length + " bytes");
        }
        if (value[0] > MARK_VERSION) {
            throw new StorageException(StorageException.Kind.NEWER_FORMAT, "The applied mark has version " + value[0]);
        }
        ByteBuffer in = ByteBuffer.wrap(value, 1, MARK_BYTES - 1);
        return new AppliedMark(in.getLong(), in.getLong(), new LogPosition(in.getInt(), in.getInt()));
    }

    /** Keeps the layers above off the index's own rows. */
    static void checkWritable(Family family, byte[] key) {
        if (family == Family.META && key.length > 0 && key[0] == 0) {
            throw new IllegalArgumentException("META keys that begin with 0 belong to the index");
        }
    }

    /** A mark never falls. */
    static void checkRising(AppliedMark applied, AppliedMark next) {
        if (next.raftIndex() < applied.raftIndex() || next.term() < applied.term()) {
            throw new IllegalArgumentException("Applied mark falls from " + applied + " to " + next);
        }
    }
}
