package io.millrace.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.file.FileOps.Access;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DiskFilesTest {
    @TempDir
    Path directory;

    static Stream<FileOps> fileOps() {
        return Stream.of(DiskFiles.direct(), DiskFiles.buffered());
    }

    @ParameterizedTest
    @MethodSource("fileOps")
    void readsWhatItWroteAndKeepsNames(FileOps ops) throws IOException {
        exercise(ops, directory);
    }

    /** Memory file systems refused direct I/O until Linux 6.6. */
    @Test
    void worksOnAFileSystemInMemory() throws IOException {
        Path memory = Path.of("/dev/shm");
        Assumptions.assumeTrue(Files.isWritable(memory));
        Path inMemory = Files.createTempDirectory(memory, "millrace");
        try {
            exercise(DiskFiles.direct(), inMemory);
        } finally {
            Files.delete(inMemory);
        }
    }

    private static void exercise(FileOps ops, Path directory) throws IOException {
        Path file = directory.resolve("a");
        try (LogFile written = ops.create(file)) {
            written.write(block((byte) 1), 0);
            written.write(block((byte) 2), FileOps.ALIGNMENT);
            written.force(true);
            ops.forceDirectory(directory);
            assertThat(written.size()).isEqualTo(2 * FileOps.ALIGNMENT);
            ByteBuffer target = FileOps.alignedBuffer(4 * FileOps.ALIGNMENT);
            assertThat(written.read(target, FileOps.ALIGNMENT)).isEqualTo(FileOps.ALIGNMENT);
            assertThat(target.get(0)).isEqualTo((byte) 2);
            written.truncate(FileOps.ALIGNMENT + 100);
            assertThat(written.read(target.clear(), 0)).isEqualTo(FileOps.ALIGNMENT + 100);
            assertThat(written.read(target.clear(), 2 * FileOps.ALIGNMENT)).isZero();
        }
        assertThatThrownBy(() -> ops.create(file)).isInstanceOf(FileAlreadyExistsException.class);
        try (LogFile read = ops.open(file, Access.READ)) {
            ByteBuffer target = ByteBuffer.allocate(200);
            assertThat(read.read(target, FileOps.ALIGNMENT - 50)).isEqualTo(150);
            assertThat(target.get(49)).isEqualTo((byte) 1);
            assertThat(target.get(50)).isEqualTo((byte) 2);
        }
        Path renamed = directory.resolve("b");
        ops.rename(file, renamed);
        assertThat(ops.list(directory)).containsExactly("b");
        assertThat(ops.usableBytes(directory)).isPositive();
        ops.delete(renamed);
        ops.delete(renamed);
        assertThat(ops.list(directory)).isEmpty();
        assertThatThrownBy(() -> ops.open(renamed, Access.READ)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void readsAllTheSameWhenTheReaderIsInterrupted() throws IOException {
        FileOps ops = DiskFiles.buffered();
        Path file = directory.resolve("a");
        try (LogFile written = ops.create(file)) {
            written.write(block((byte) 5), 0);
        }
        try (LogFile read = ops.open(file, Access.READ)) {
            for (int i = 0; i < 3; i++) {
                Thread.currentThread().interrupt();
                ByteBuffer target = ByteBuffer.allocate(10);
                assertThat(read.read(target, 0)).isEqualTo(10);
                assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
            }
        }
    }

    private static ByteBuffer block(byte value) {
        ByteBuffer block = FileOps.alignedBuffer(FileOps.ALIGNMENT);
        for (int i = 0; i < block.capacity(); i++) {
            block.put(i, value);
        }
        return block;
    }
}
