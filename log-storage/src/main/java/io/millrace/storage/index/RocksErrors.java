package io.millrace.storage.index;

import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** RocksDB's errors in the words of {@link StorageException}. */
final class RocksErrors {
    private RocksErrors() {}

    static StorageException of(String what, RocksDBException e) {
        return new StorageException(
                kind(e.getStatus(), String.valueOf(e.getMessage())), what + ": " + e.getMessage(), e);
    }

    private static Kind kind(@Nullable Status status, String message) {
        if (status == null) {
            return Kind.IO;
        }
        return switch (status.getCode()) {
            case Corruption -> Kind.CORRUPT;
            case NotSupported -> Kind.NEWER_FORMAT;
            case IOError -> {
                if (status.getSubCode() == Status.SubCode.NoSpace) {
                    yield Kind.FULL;
                }
                // A table or manifest that the index counts on is not there, or shorter than its footer says.
                boolean missing = message.contains("No such file")
                        || message.contains("Truncated")
                        || message.contains("file size");
                yield missing ? Kind.CORRUPT : Kind.IO;
            }
            default -> Kind.IO;
        };
    }
}
