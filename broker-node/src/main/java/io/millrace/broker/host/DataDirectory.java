package io.millrace.broker.host;

import io.millrace.broker.cluster.Formation;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The broker's one directory: {@code lock} (held while the process lives), {@code identity}, in a cluster {@code cluster}, and {@code shards/N} with {@code index},
 * {@code log} and {@code raft}. Opened once, closed last.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String LOCK_FILE = "lock";
    private static final String IDENTITY_FILE = "identity";
    private static final String FORMATION_FILE = "cluster";
    private static final String SHARDS = "shards";

    private final Path root;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final boolean hadShards;
    private volatile Identity identity;
    private volatile @Nullable Formation formation;

    private DataDirectory(
            Path root, FileChannel lockChannel, FileLock lock, Identity identity, @Nullable Formation formation) {
        this.root = root;
        this.lockChannel = lockChannel;
        this.lock = lock;
        this.identity = identity;
        this.formation = formation;
        this.hadShards = Files.exists(root.resolve(SHARDS));
    }

    /**
     * Locks the directory and checks or makes its identity.
     *
     * @param clusterId null: any cluster, or a new one where the directory is new
     * @param dataShards of a new directory
     * @param pid of this process, for whoever finds the directory locked
     * @throws FaultException DIRECTORY_NOT_WRITABLE, DIRECTORY_LOCKED, WRONG_CLUSTER, NEWER_FORMAT, DAMAGED_DIRECTORY
     */
    public static DataDirectory open(
            Path root, @Nullable UUID clusterId, int brokerId, int dataShards, long pid, RandomGenerator random) {
        FileChannel channel = null;
        try {
            Files.createDirectories(root);
            channel = FileChannel.open(
                    root.resolve(LOCK_FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock lock = lock(root, channel);
            note(channel, pid);
            Formation formation = formation(root);
            Identity identity = identity(root, clusterId, brokerId, dataShards, random, formation);
            return new DataDirectory(root, channel, lock, identity, formation);
        } catch (IOException e) {
            closeQuietly(channel, e);
            throw new FaultException(
                    Fault.of(
                            ErrorCode.DIRECTORY_NOT_WRITABLE,
                            root.toString(),
                            "The data directory cannot be made or written (" + e
                                    + "). Give the user that runs the broker"
                                    + " write access, or choose another one (--data)."),
                    e);
        } catch (RuntimeException e) {
            closeQuietly(channel, e);
            throw e;
        }
    }

    /** The identity of a directory that nobody opens for writing now. Faults as {@link #open}. */
    public static Identity read(Path root) {
        Path file = root.resolve(IDENTITY_FILE);
        try {
            return Identity.parse(Files.readString(file), file.toString()).in(formation(root));
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.DAMAGED_DIRECTORY,
                            file.toString(),
                            "This is no data directory of a broker, or its identity cannot be read: " + e),
                    e);
        }
    }

    private static FileLock lock(Path root, FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            ByteBuffer pid = ByteBuffer.allocate(32);
            channel.read(pid, 0);
            String owner = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII).strip();
            throw Fault.of(
                            ErrorCode.DIRECTORY_LOCKED,
                            root.toString(),
                            "Another process" + (owner.isEmpty() ? "" : " (pid " + owner + ")")
                                    + " uses the data directory. Stop it, or choose another directory (--data).")
                    .asException();
        }
        return lock;
    }

    private static void note(FileChannel channel, long pid) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((pid + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
    }

    private static Identity identity(
            Path root,
            @Nullable UUID clusterId,
            int brokerId,
            int dataShards,
            RandomGenerator random,
            @Nullable Formation formation)
            throws IOException {
        Path file = root.resolve(IDENTITY_FILE);
        if (!Files.exists(file)) {
            if (formation != null) {
                throw lostIdentity(file);
            }
            refuseStrangers(root, file);
            Identity fresh = new Identity(
                    clusterId == null ? new UUID(random.nextLong(), random.nextLong()) : clusterId,
                    brokerId,
                    random.nextInt(1, Integer.MAX_VALUE),
                    dataShards);
            write(file, fresh.text());
            return fresh;
        }
        Identity found = Identity.parse(Files.readString(file), file.toString()).in(formation);
        if (clusterId != null && !found.clusterId().equals(clusterId)) {
            throw wrong(
                    root,
                    "cluster " + found.clusterId(),
                    "cluster " + clusterId,
                    "Correct cluster.id, or leave it out");
        }
        if (found.brokerId() != brokerId) {
            throw wrong(root, "broker " + found.brokerId(), "broker " + brokerId, "Correct cluster.broker-id");
        }
        return found;
    }

    private static FaultException wrong(Path root, String found, String wanted, String cure) {
        return Fault.of(
                        ErrorCode.WRONG_CLUSTER,
                        root.toString(),
                        "The data directory belongs to " + found + "; the configuration says " + wanted + ". " + cure
                                + ", or choose another directory (--data).")
                .asException();
    }

    /** Where there are shards or anything of others, the identity is not new but lost, or the place is not ours. */
    private static void refuseStrangers(Path root, Path file) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.equals(SHARDS)) {
                    throw lostIdentity(file);
                }
                if (!name.equals(LOCK_FILE)
                        && !name.startsWith(IDENTITY_FILE)
                        && !name.startsWith(FORMATION_FILE)
                        && !name.equals("lost+found")) {
                    throw Fault.of(
                                    ErrorCode.DAMAGED_DIRECTORY,
                                    root.toString(),
                                    "The directory is not empty (" + name
                                            + ") and no data directory of a broker. Choose an empty one (--data).")
                            .asException();
                }
            }
        }
    }

    private static FaultException lostIdentity(Path file) {
        return Fault.of(
                        ErrorCode.DAMAGED_DIRECTORY,
                        file.toString(),
                        "The data directory has shards or a cluster but no identity file. Restore the file from a backup.")
                .asException();
    }

    private static @Nullable Formation formation(Path root) throws IOException {
        Path file = root.resolve(FORMATION_FILE);
        return Files.exists(file) ? FormationText.parse(Files.readString(file), file.toString()) : null;
    }

    /** All or nothing: forced under another name, then renamed, then the directory forced. */
    private static void write(Path file, String text) throws IOException {
        Path half = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                half, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(file.toAbsolutePath().getParent());
    }

    static void force(@Nullable Path directory) throws IOException {
        if (directory != null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel, Exception because) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                because.addSuppressed(e);
            }
        }
    }

    public Path root() {
        return root;
    }

    public Identity identity() {
        return identity;
    }

    /** How the cluster began that this broker is a member of; null: it stands alone, or is not a member yet. */
    public @Nullable Formation formation() {
        return formation;
    }

    /** The shards that there are files of. */
    public SortedSet<Integer> shards() {
        SortedSet<Integer> found = new TreeSet<>();
        Path all = root.resolve(SHARDS);
        if (!Files.isDirectory(all)) {
            return found;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(all)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.matches("[0-9]{1,9}")) {
                    found.add(Integer.valueOf(name));
                }
            }
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(ErrorCode.DIRECTORY_NOT_WRITABLE, all.toString(), "The shards cannot be listed: " + e), e);
        }
        return found;
    }

    /** Whether there were shards in it when it was opened. */
    public boolean hadShards() {
        return hadShards;
    }

    /** Writes down, for good, which cluster this broker is a member of; forced on return. Faults: DIRECTORY_NOT_WRITABLE. */
    public void join(Formation joined) {
        if (formation != null) {
            throw new IllegalStateException("the directory belongs to cluster " + identity.clusterId());
        }
        try {
            write(root.resolve(FORMATION_FILE), FormationText.of(joined));
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.DIRECTORY_NOT_WRITABLE,
                            root.toString(),
                            "The cluster's file cannot be written: " + e),
                    e);
        }
        formation = joined;
        identity = identity.in(joined);
    }

    /** Where a shard's files are; the directory may not exist yet. */
    public ShardPaths shard(int id) {
        return ShardPaths.of(root, id);
    }

    /** The places of a shard's files. */
    public record ShardPaths(Path index, Path log, Path raft) {
        public static ShardPaths of(Path root, int shard) {
            Path directory = root.resolve(SHARDS).resolve(Integer.toString(shard));
            return new ShardPaths(directory.resolve("index"), directory.resolve("log"), directory.resolve("raft"));
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            lockChannel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release " + root.resolve(LOCK_FILE), e);
        }
    }
}
