package io.millrace.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.file.FaultyFileOps.InjectedFault;
import io.millrace.storage.file.FaultyFileOps.Operation;
import io.millrace.storage.file.FileOps.Access;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A double that is too kind would make other tests worthless. */
class FaultyFileOpsTest {
    private static final Path DIRECTORY = Path.of("/d");
    private static final Path FILE = DIRECTORY.resolve("a");

    private final FaultyFileOps disk = new FaultyFileOps();

    @Test
    void losesNamesAndBytesThatWereNotForced() throws IOException {
        LogFile file = disk.create(FILE);
        file.write(block(1), 0);
        file.force(true);
        disk.crash();
        assertThat(disk.list(DIRECTORY)).as("its name was not forced").isEmpty();

        file = disk.create(FILE);
        disk.forceDirectory(DIRECTORY);
        file.write(block(1), 0);
        file.force(false);
        file.write(block(2), FileOps.ALIGNMENT);
        assertThat(disk.bytes(FILE)).hasSize(2 * FileOps.ALIGNMENT);
        disk.crash();
        assertThat(disk.bytes(FILE)).hasSize(FileOps.ALIGNMENT).containsOnly(1);
        LogFile dead = file;
        assertThatThrownBy(dead::size).isInstanceOf(IOException.class);
        disk.delete(FILE);
        disk.crash();
        assertThat(disk.bytes(FILE)).as("deleted, but not for good").hasSize(FileOps.ALIGNMENT);
    }

    @Test
    void keepsWhatWasWrittenWhenOnlyTheProcessDies() throws IOException {
        LogFile file = disk.create(FILE);
        file.write(block(1), 0);
        disk.kill();
        assertThat(disk.bytes(FILE)).hasSize(FileOps.ALIGNMENT);
        disk.crash();
        assertThat(disk.list(DIRECTORY)).isEmpty();
    }

    @Test
    void tearsWritesIntoSectorsAndNeverTouchesForcedOnes() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        Set<Integer> sizes = new HashSet<>();
        int torn = 0;
        for (int i = 0; i < 100; i++) {
            FaultyFileOps other = new FaultyFileOps();
            LogFile file = other.create(FILE);
            file.write(block(1), 0);
            file.force(true);
            other.forceDirectory(DIRECTORY);
            file.write(block(2), FileOps.ALIGNMENT);
            other.crashTorn(random);
            byte[] bytes = other.bytes(FILE);
            sizes.add(bytes.length);
            int old = 0;
            int fresh = 0;
            boolean forcedKept = true;
            boolean wholeSectors = true;
            for (int at = 0; at < bytes.length; at++) {
                if (at < FileOps.ALIGNMENT) {
                    forcedKept &= bytes[at] == 1;
                } else {
                    wholeSectors &= bytes[at] == bytes[at / FaultyFileOps.SECTOR * FaultyFileOps.SECTOR];
                    old += bytes[at] == 0 ? 1 : 0;
                    fresh += bytes[at] == 2 ? 1 : 0;
                }
            }
            assertThat(forcedKept).isTrue();
            assertThat(wholeSectors).isTrue();
            torn += old > 0 && fresh > 0 ? 1 : 0;
        }
        assertThat(torn).isGreaterThan(20);
        assertThat(sizes).hasSizeGreaterThan(4);
    }

    @Test
    void neverMakesDurableWhatAFailedForceHasDropped() throws IOException {
        LogFile file = disk.create(FILE);
        disk.forceDirectory(DIRECTORY);
        file.write(block(1), 0);
        disk.failNth(Operation.FORCE, 1);
        assertThatThrownBy(() -> file.force(true)).isInstanceOf(InjectedFault.class);
        file.force(true);
        ByteBuffer cached = ByteBuffer.allocate(1);
        disk.open(FILE, Access.READ).read(cached, 0);
        assertThat(cached.get(0)).as("still in the page cache").isEqualTo((byte) 1);
        ByteBuffer device = FileOps.alignedBuffer(FileOps.ALIGNMENT);
        disk.open(FILE, Access.WRITE).read(device, 0);
        assertThat(device.get(0)).isZero();
        disk.crash();
        assertThat(disk.bytes(FILE)).containsOnly(0);
    }

    @Test
    void failsTheNthOperationAndAFullDisk() throws IOException {
        LogFile file = disk.create(FILE);
        disk.failNth(Operation.WRITE, 2);
        file.write(block(1), 0);
        assertThatThrownBy(() -> file.write(block(1), FileOps.ALIGNMENT)).isInstanceOf(InjectedFault.class);
        assertThat(disk.bytes(FILE)).as("half of it was written").hasSize(FileOps.ALIGNMENT * 3 / 2);
        disk.limitSpace(FileOps.ALIGNMENT);
        file.write(block(1), FileOps.ALIGNMENT);
        assertThatThrownBy(() -> file.write(block(1), 2 * FileOps.ALIGNMENT)).hasMessageContaining("No space left");
        assertThat(disk.count(Operation.WRITE)).isEqualTo(4);
        assertThatThrownBy(() -> file.write(ByteBuffer.allocate(4096), 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ByteBuffer block(int value) {
        ByteBuffer block = FileOps.alignedBuffer(FileOps.ALIGNMENT);
        for (int i = 0; i < block.capacity(); i++) {
            block.put(i, (byte) value);
        }
        return block;
    }
}
