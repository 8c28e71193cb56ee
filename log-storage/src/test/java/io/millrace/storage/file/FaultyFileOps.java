package io.millrace.storage.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory that fails as disks do, for tests: it forgets what was not forced, tears writes into sectors, returns errors, fills
 * up and hangs. It records what was asked of it, and refuses unaligned access to files opened for writing. Thread safe.
 *
 * <p>What it holds against its user: names that were not forced with their directory come and go in the order in which they were made; of bytes
 * that were not forced any sectors may survive a power failure, also late ones without the early ones; after a failed force the bytes it was
 * to make durable are still in the page cache, for {@link FileOps.Access#READ}, but not on the device, and no later force brings them there.
 */
public final class FaultyFileOps implements FileOps {
    /** Unit in which a write is torn. */
    public static final int SECTOR = 512;

    /** What may be asked of a file system. */
    public enum Operation {
        CREATE,
        OPEN,
        LIST,
        READ,
        WRITE,
        FORCE,
        TRUNCATE,
        RENAME,
        DELETE,
        FORCE_DIRECTORY
    }

    /** What was asked: the name of a file or directory, and for reads, writes and truncations the place. */
    public record Event(Operation operation, String name, long position, int bytes) {}

    private final Object lock = new Object();

    @GuardedBy("lock")
    private Map<Path, Content> names = new TreeMap<>();

    @GuardedBy("lock")
    private Map<Path, Content> durableNames = new TreeMap<>();

    @GuardedBy("lock")
    private final List<NameChange> nameChanges = new ArrayList<>();

    @GuardedBy("lock")
    private final List<Event> events = new ArrayList<>();

    @GuardedBy("lock")
    private final List<Fault> faults = new ArrayList<>();

    @GuardedBy("lock")
    private long usableBytes = Long.MAX_VALUE;

    /** Rises with each crash: files opened before are dead. */
    @GuardedBy("lock")
    private int lives;

    // ---- what a test does to it

    /** The process dies: open files are dead. The machine goes on, so everything written is read again, durable or not. */
    public void kill() {
        synchronized (lock) {
            lives++;
            faults.forEach(Fault::release);
            faults.clear();
        }
    }

    /** Power fails: everything that was not forced is gone. */
    public void crash() {
        synchronized (lock) {
            kill();
            settleNames(0);
            names.values().forEach(Content::dropUnforced);
        }
    }

    /** Power fails: of what was not forced, some names and some sectors survive. */
    public void crashTorn(RandomGenerator random) {
        synchronized (lock) {
            kill();
            settleNames(nameChanges.isEmpty() ? 0 : random.nextInt(nameChanges.size() + 1));
            names.values().forEach(content -> content.tear(random));
        }
    }

    /** The n-th operation of a kind from now on fails with an I/O error; 1 is the next. A failing write is made in half. */
    public void failNth(Operation operation, int n) {
        addFault(new Fault(operation, n, null));
    }

    /** The n-th operation of any kind from now on fails with an I/O error. */
    public void failNth(int n) {
        addFault(new Fault(null, n, null));
    }

    /** The n-th operation of a kind from now on hangs until it is released, or the process dies, and then goes on. */
    public Hang hangNth(Operation operation, int n) {
        Hang hang = new Hang(new CountDownLatch(1), new CountDownLatch(1));
        addFault(new Fault(operation, n, hang));
        return hang;
    }

    /** An operation that hangs. */
    public record Hang(CountDownLatch reached, CountDownLatch released) {
        public void release() {
            released.countDown();
        }
    }

    private void addFault(Fault fault) {
        synchronized (lock) {
            faults.add(fault);
        }
    }

    /** No more faults: those that were ordered and have not happened are forgotten. */
    public void heal() {
        synchronized (lock) {
            faults.forEach(Fault::release);
            faults.clear();
            usableBytes = Long.MAX_VALUE;
        }
    }

    /** Files may grow by so many bytes in all. */
    public void limitSpace(long bytes) {
        synchronized (lock) {
            usableBytes = bytes;
        }
    }

    /** What was asked so far, oldest first. */
    public List<Event> events() {
        synchronized (lock) {
            return List.copyOf(events);
        }
    }

    public void clearEvents() {
        synchronized (lock) {
            events.clear();
        }
    }

    /** How often something was asked. */
    public int count(Operation operation) {
        synchronized (lock) {
            return (int) events.stream()
                    .filter(event -> event.operation() == operation)
                    .count();
        }
    }

    /** The bytes of a file as they are read now. */
    public byte[] bytes(Path file) {
        synchronized (lock) {
            Content content = names.get(file);
            if (content == null) {
                throw new IllegalArgumentException("no file " + file);
            }
            return Arrays.copyOf(content.bytes, content.size);
        }
    }

    /** Puts a durable file there, in place of what was. */
    public void put(Path file, byte[] bytes) {
        synchronized (lock) {
            Content content = new Content();
            content.bytes = bytes.clone();
            content.size = bytes.length;
            content.unforced.add(new Range(0, bytes.length));
            content.force();
            names.put(file, content);
            durableNames.put(file, content);
        }
    }

    /** All files, with the bytes as they are read now. */
    public Map<Path, byte[]> files() {
        synchronized (lock) {
            Map<Path, byte[]> copy = new TreeMap<>();
            names.forEach((file, content) -> copy.put(file, Arrays.copyOf(content.bytes, content.size)));
            return copy;
        }
    }

    /** Damages one bit for good. */
    public void flipBit(Path file, int position, int bit) {
        byte[] bytes = bytes(file);
        bytes[position] ^= (byte) (1 << bit);
        put(file, bytes);
    }

    // ---- what the log does with it

    @Override
    public LogFile create(Path file) throws IOException {
        before(Operation.CREATE, file, 0, 0);
        synchronized (lock) {
            if (names.containsKey(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            change(new NameChange(file, new Content()));
            return new OpenFile(file, Access.WRITE, content(file), lives);
        }
    }

    @Override
    public LogFile open(Path file, Access access) throws IOException {
        before(Operation.OPEN, file, 0, 0);
        synchronized (lock) {
            return new OpenFile(file, access, content(file), lives);
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        before(Operation.LIST, directory, 0, 0);
        synchronized (lock) {
            return names.keySet().stream()
                    .filter(file -> directory.equals(file.getParent()))
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    @Override
    public void createDirectories(Path directory) {
        // Directories are there when a file is in them.
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        before(Operation.RENAME, from, 0, 0);
        synchronized (lock) {
            change(new NameChange(from, null, to, content(from)));
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        before(Operation.DELETE, file, 0, 0);
        synchronized (lock) {
            change(new NameChange(file, null));
        }
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        before(Operation.FORCE_DIRECTORY, directory, 0, 0);
        synchronized (lock) {
            for (NameChange change : nameChanges) {
                if (directory.equals(change.file.getParent())) {
                    change.apply(durableNames);
                }
            }
            nameChanges.removeIf(change -> directory.equals(change.file.getParent()));
        }
    }

    @Override
    public long usableBytes(Path path) {
        synchronized (lock) {
            return usableBytes;
        }
    }

    @GuardedBy("lock")
    private Content content(Path file) throws IOException {
        Content content = names.get(file);
        if (content == null) {
            throw new FileNotFoundException(file.toString());
        }
        return content;
    }

    @GuardedBy("lock")
    private void change(NameChange change) {
        nameChanges.add(change);
        change.apply(names);
    }

    /** After a crash: so many of the changes of names have become durable. */
    @GuardedBy("lock")
    private void settleNames(int count) {
        nameChanges.subList(0, count).forEach(change -> change.apply(durableNames));
        nameChanges.clear();
        names = new TreeMap<>(durableNames);
    }

    /** Records an operation and lets it meet its fault. */
    private void before(Operation operation, Path file, long position, int bytes) throws IOException {
        Fault met = null;
        synchronized (lock) {
            events.add(new Event(operation, file.getFileName().toString(), position, bytes));
            for (Fault fault : faults) {
                if (fault.operation == null || fault.operation == operation) {
                    fault.left--;
                    if (fault.left == 0) {
                        met = fault;
                    }
                }
            }
        }
        if (met == null) {
            return;
        }
        Hang hang = met.hang;
        if (hang == null) {
            throw new InjectedFault(operation + " of " + file.getFileName() + ": Input/output error");
        }
        hang.reached.countDown();
        try {
            hang.released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while hanging", e);
        }
    }

    /** The error that a test has ordered. */
    public static final class InjectedFault extends IOException {
        private static final long serialVersionUID = 1L;

        InjectedFault(String message) {
            super(message);
        }
    }

    private static final class Fault {
        final @Nullable Operation operation;
        final @Nullable Hang hang;
        int left;

        Fault(@Nullable Operation operation, int n, @Nullable Hang hang) {
            this.operation = operation;
            this.left = n;
            this.hang = hang;
        }

        void release() {
            if (hang != null) {
                hang.release();
            }
        }
    }

    /** A name that now stands for something else, or for nothing; a rename changes two at once. */
    private record NameChange(
            Path file,
            @Nullable Content content,
            @Nullable Path other,
            @Nullable Content otherContent) {
        NameChange(Path file, @Nullable Content content) {
            this(file, content, null, null);
        }

        void apply(Map<Path, Content> names) {
            set(names, file, content);
            if (other != null) {
                set(names, other, otherContent);
            }
        }

        private static void set(Map<Path, Content> names, Path file, @Nullable Content content) {
            if (content == null) {
                names.remove(file);
            } else {
                names.put(file, content);
            }
        }
    }

    private record Range(int from, int to) {}

    /** The bytes of a file: as they are read, and as they are durable. Guarded by the lock. */
    private static final class Content {
        byte[] bytes = {};
        int size;
        private byte[] durable = {};
        private int durableSize;
        final List<Range> unforced = new ArrayList<>();

        /** Sectors that a failed force has left in the page cache alone. */
        private final BitSet cachedOnly = new BitSet();

        void write(ByteBuffer source, int position, int count) {
            int end = position + count;
            if (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
            }
            source.get(bytes, position, count);
            size = Math.max(size, end);
            unforced.add(new Range(position, end));
            cachedOnly.clear(position / SECTOR, (end + SECTOR - 1) / SECTOR);
        }

        void read(ByteBuffer target, int position, int count, boolean fromDevice) {
            for (int at = position; at < position + count; ) {
                int end = Math.min(position + count, (at / SECTOR + 1) * SECTOR);
                boolean old = fromDevice && cachedOnly.get(at / SECTOR);
                target.put(old ? Arrays.copyOf(durable, Math.max(durable.length, end)) : bytes, at, end - at);
                at = end;
            }
        }

        void truncate(int newSize) {
            if (newSize < size) {
                Arrays.fill(bytes, newSize, size, (byte) 0);
                unforced.add(new Range(newSize, size));
                size = newSize;
            }
        }

        void force() {
            durable = Arrays.copyOf(durable, Math.max(durable.length, bytes.length));
            for (Range range : unforced) {
                System.arraycopy(bytes, range.from, durable, range.from, range.to - range.from);
            }
            unforced.clear();
            durableSize = size;
        }

        /** The kernel takes pages that it could not write for clean. */
        void failForce() {
            unforced.forEach(range -> cachedOnly.set(range.from / SECTOR, (range.to + SECTOR - 1) / SECTOR));
            unforced.clear();
        }

        void dropUnforced() {
            bytes = durable.clone();
            size = durableSize;
            unforced.clear();
            cachedOnly.clear();
        }

        void tear(RandomGenerator random) {
            byte[] torn = Arrays.copyOf(durable, Math.max(durable.length, bytes.length));
            Map<Integer, Boolean> survives = new HashMap<>();
            // Now and then all or nothing, which a coin for each sector hardly ever gives.
            int chance = random.nextInt(5) * 25;
            for (Range range : unforced) {
                for (int at = range.from; at < range.to; ) {
                    int end = Math.min(range.to, (at / SECTOR + 1) * SECTOR);
                    if (survives.computeIfAbsent(at / SECTOR, sector -> random.nextInt(100) < chance)) {
                        System.arraycopy(bytes, at, torn, at, end - at);
                    }
                    at = end;
                }
            }
            int least = Math.min(size, durableSize);
            int most = Math.max(size, durableSize);
            int sectors = (most - least) / SECTOR;
            int newSize = random.nextBoolean() ? size : least + random.nextInt(sectors + 1) * SECTOR;
            Arrays.fill(torn, newSize, torn.length, (byte) 0);
            durable = torn;
            durableSize = newSize;
            dropUnforced();
        }
    }

    /** A file in use. */
    private final class OpenFile implements LogFile {
        private final Path file;
        private final Access access;
        private final Content content;
        private final int life;
        private boolean closed;

        OpenFile(Path file, Access access, Content content, int life) {
            this.file = file;
            this.access = access;
            this.content = content;
            this.life = life;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            checkAligned(source, position);
            int count = source.remaining();
            try {
                before(Operation.WRITE, file, position, count);
            } catch (InjectedFault e) {
                writeSome(source, position, count / 2 / SECTOR * SECTOR);
                throw e;
            }
            writeSome(source, position, count);
        }

        private void writeSome(ByteBuffer source, long position, int count) throws IOException {
            synchronized (lock) {
                checkOpen();
                long growth = Math.max(0, position + count - content.size);
                if (growth > usableBytes) {
                    throw new IOException("No space left on device");
                }
                usableBytes -= growth;
                content.write(source, (int) position, count);
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            if (access == Access.WRITE) {
                checkAligned(target, position);
            }
            before(Operation.READ, file, position, target.remaining());
            synchronized (lock) {
                checkOpen();
                int count = (int) Math.max(0, Math.min(target.remaining(), content.size - position));
                content.read(target, (int) position, count, access == Access.WRITE);
                return count;
            }
        }

        @Override
        public void force(boolean metadata) throws IOException {
            try {
                before(Operation.FORCE, file, 0, 0);
            } catch (InjectedFault e) {
                synchronized (lock) {
                    content.failForce();
                }
                throw e;
            }
            synchronized (lock) {
                checkOpen();
                content.force();
            }
        }

        @Override
        public void truncate(long bytes) throws IOException {
            before(Operation.TRUNCATE, file, bytes, 0);
            synchronized (lock) {
                checkOpen();
                content.truncate((int) bytes);
            }
        }

        @Override
        public long size() throws IOException {
            synchronized (lock) {
                checkOpen();
                return content.size;
            }
        }

        @Override
        public void close() {
            synchronized (lock) {
                closed = true;
            }
        }

        @GuardedBy("lock")
        private void checkOpen() throws IOException {
            if (closed || life != lives) {
                throw new IOException(file.getFileName() + (closed ? " is closed" : " was opened before a crash"));
            }
        }

        private void checkAligned(ByteBuffer buffer, long position) {
            if (access != Access.WRITE
                    || position % ALIGNMENT != 0
                    || buffer.remaining() % ALIGNMENT != 0
                    || !buffer.isDirect()
                    || buffer.alignmentOffset(buffer.position(), ALIGNMENT) != 0) {
                throw new IllegalArgumentException(
                        "direct I/O refuses " + buffer + " at " + position + " of " + file.getFileName());
            }
        }
    }
}
