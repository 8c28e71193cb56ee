package io.millrace.storage.index;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The file FLUSHED beside RocksDB's own: the mark of the last completed flush. RocksDB takes a manifest that lost its end for one that was
 * cut by a crash, and comes up, without a word, at an earlier state, an empty one too; this file tells the two apart.
 *
 * <p>Layout: the mark as in {@link MetaRows}, then its CRC-32C u32, big endian. Replaced by renaming.
 */
final class FlushedMark {
    private static final String NAME = "FLUSHED";

    private FlushedMark() {}

    /** Durable on return. */
    static void write(Path directory, AppliedMark mark) throws IOException {
        byte[] bytes = MetaRows.mark(mark);
        ByteBuffer content = ByteBuffer.allocate(bytes.length + Integer.BYTES)
                .put(bytes)
                .putInt(crc(bytes))
                .flip();
        Path fresh = directory.resolve(NAME + ".new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        Files.move(fresh, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        IndexDirectory.force(directory);
    }

    /** CORRUPT where an index that stands at {@code applied} has lost what was flushed. */
    static void check(Path directory, AppliedMark applied) {
        AppliedMark flushed = read(directory);
        if (applied.raftIndex() < flushed.raftIndex() || applied.term() < flushed.term()) {
            throw new StorageException(
                    Kind.CORRUPT,
                    "The index " + directory + " was flushed at " + flushed + " and now stands at " + applied);
        }
    }

    private static AppliedMark read(Path directory) {
        try {
            byte[] content = Files.readAllBytes(directory.resolve(NAME));
            if (content.length > Integer.BYTES) {
                byte[] bytes = new byte[content.length - Integer.BYTES];
                ByteBuffer in = ByteBuffer.wrap(content).get(bytes);
                if (in.getInt() == crc(bytes)) {
                    return MetaRows.mark(bytes);
                }
            }
            throw new StorageException(Kind.CORRUPT, "The file " + NAME + " of " + directory + " is damaged");
        } catch (NoSuchFileException e) {
            throw new StorageException(Kind.CORRUPT, "The index " + directory + " has no file " + NAME, e);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "Cannot read the file " + NAME + " of " + directory, e);
        }
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
