package io.millrace.storage.index;

import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The directory of an index. A new index is made beside its place and moved there when it is whole: a directory that is not empty is an
 * index, and one that RocksDB would take for a fresh start is damaged.
 */
final class IndexDirectory {
    private IndexDirectory() {}

    /** Makes the index where there is none. The argument of {@code create} is a directory that does not exist. */
    static void prepare(Path directory, Consumer<Path> create) {
        Path place = directory.toAbsolutePath();
        try {
            if (holdsFiles(place)) {
                check(place);
                return;
            }
            Path parent = place.getParent();
            if (parent == null) {
                throw new IllegalArgumentException("An index cannot stand at " + place);
            }
            Files.createDirectories(parent);
            Path fresh = place.resolveSibling(place.getFileName() + ".new");
            deleteAll(fresh);
            create.accept(fresh);
            Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
            force(parent);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "Cannot make the index " + place, e);
        }
    }

    /** CORRUPT where no index stands there. */
    static void check(Path directory) {
        if (!Files.isRegularFile(directory.resolve("CURRENT"))) {
            throw new StorageException(Kind.CORRUPT, "The index " + directory + " has no CURRENT file");
        }
    }

    private static boolean holdsFiles(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isPresent();
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
