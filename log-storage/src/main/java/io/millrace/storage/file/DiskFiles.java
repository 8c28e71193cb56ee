package io.millrace.storage.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file system of the machine. Files are written with direct I/O where the file system takes it: the page cache costs a first touch
 * of memory for each byte, and after a failed force it shows bytes that are not on the disk. Elsewhere (tmpfs) writes are buffered, which
 * is said once.
 */
public final class DiskFiles implements FileOps {
    private static final Logger LOG = LoggerFactory.getLogger(DiskFiles.class);

    /** Null in a Java without the module jdk.unsupported. */
    private static final @Nullable OpenOption DIRECT = openOptionOfDirectIo();

    private final boolean direct;
    private final AtomicBoolean refusalLogged = new AtomicBoolean();

    private DiskFiles(boolean direct) {
        this.direct = direct;
    }

    /** By name: the compilers of newer JDKs warn of the class, and no annotation silences them. */
    private static @Nullable OpenOption openOptionOfDirectIo() {
        try {
            Class<?> options = Class.forName("com.sun.nio.file.ExtendedOpenOption");
            return (OpenOption) options.getField("DIRECT").get(null);
        } catch (ReflectiveOperationException e) {
            LOG.warn("This Java offers no direct I/O: writes go through the page cache", e);
            return null;
        }
    }

    /** Direct I/O where the file system takes it. */
    public static DiskFiles direct() {
        return new DiskFiles(true);
    }

    /** Buffered I/O always. */
    public static DiskFiles buffered() {
        return new DiskFiles(false);
    }

    @Override
    public LogFile create(Path file) throws IOException {
        // Created in a step of its own: where direct I/O is refused, Linux has created the file before it refuses.
        Files.createFile(file);
        return openForWriting(file);
    }

    @Override
    public LogFile open(Path file, Access access) throws IOException {
        return access == Access.READ ? new BufferedFile(file, StandardOpenOption.READ) : openForWriting(file);
    }

    private LogFile openForWriting(Path file) throws IOException {
        if (direct && DIRECT != null && Files.getFileStore(file).getBlockSize() <= ALIGNMENT) {
            try {
                return new DirectFile(channel(file, StandardOpenOption.READ, StandardOpenOption.WRITE, DIRECT));
            } catch (IOException | UnsupportedOperationException e) {
                if (!Files.isRegularFile(file)) {
                    throw e;
                }
                if (refusalLogged.compareAndSet(false, true)) {
                    LOG.warn("No direct I/O on the file system of {} ({}): writes go through the page cache", file, e);
                }
            }
        }
        return new BufferedFile(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    static FileChannel channel(Path file, OpenOption... options) throws IOException {
        return FileChannel.open(file, options);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Files.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = channel(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        return Files.getFileStore(path).getUsableSpace();
    }
}
