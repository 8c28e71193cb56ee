package io.millrace.replication.ratis;

import io.millrace.replication.ratis.RaftLogFile.Damage;
import io.millrace.replication.ratis.RaftLogFile.Entry;
import io.millrace.replication.ratis.RaftLogFile.Name;
import io.millrace.storage.AppliedMark;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.io.IOException;
import java.io.Reader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a shard's Raft log and shard log fit each other, before Ratis reads the former: a torn last header is cut off, and the Raft log
 * is cut at the first entry above the applied index whose payload is not in the shard log. Neither was acknowledged, since payload and
 * header are forced in this order before an acknowledgement. Anything else that does not fit quarantines the shard.
 *
 * <p>Used once, by one thread, while nobody else has the directory open. Idempotent: a crash in between is finished by the next start.
 */
final class RaftLogRecovery {
    private static final Logger log = LoggerFactory.getLogger(RaftLogRecovery.class);

    private static final String META_FILE = "raft-meta";

    private final String name;
    private final Path directory;
    private final ShardLog shardLog;
    private final AppliedMark applied;

    /** @param directory of the segment files, {@code current} in the group's own; it need not exist */
    RaftLogRecovery(String name, Path directory, ShardLog shardLog, AppliedMark applied) {
        this.name = name;
        this.directory = directory;
        this.shardLog = shardLog;
        this.applied = applied;
    }

    /**
     * What recovery found and did.
     *
     * @param last index in the log; the applied one where the log is empty
     * @param tornBytes cut off behind the last valid header
     * @param entriesCut because their payload, or that of an entry before them, is missing
     */
    record Recovered(long last, long tornBytes, long entriesCut) {}

    /** An entry's payload is where the envelope says that it is, with the length and checksum that it says. */
    static boolean fits(EntryEnvelope envelope, @Nullable Frame frame) {
        return frame != null
                && frame.payload().length() == envelope.payloadLength()
                && frame.payloadCrc() == envelope.payloadCrc();
    }

    /** @throws StorageException CORRUPT where the shard must not start; IO */
    Recovered run() {
        try {
            if (!Files.isDirectory(directory)) {
                return recovered(applied.raftIndex(), 0, 0);
            }
            List<RaftLogFile> files = read(closeForgotten(names()));
            long torn = 0;
            if (!files.isEmpty()) {
                RaftLogFile newest = files.get(files.size() - 1);
                torn = cutTorn(newest);
                check(files);
            }
            long last = files.isEmpty()
                    ? applied.raftIndex()
                    : files.get(files.size() - 1).lastValid();
            long keep = lastWithPayload(files, last);
            cutAfter(files, keep);
            forceAll();
            return recovered(keep, torn, last - keep);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, name + ": cannot recover the Raft log in " + directory, e);
        }
    }

    private Recovered recovered(long last, long tornBytes, long entriesCut) {
        shardLog.forget(
                last + 1); // payloads whose header was not written or was cut: dead, and their indexes free again
        return new Recovered(last, tornBytes, entriesCut);
    }

    private List<Name> names() throws IOException {
        List<Name> names = new ArrayList<>();
        try (Stream<Path> paths = Files.list(directory)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Name found = RaftLogFile.name(path);
                if (found != null && found.last() < 0 && Files.size(path) == 0) {
                    Files.delete(path); // created, nothing written
                } else if (found != null) {
                    names.add(found);
                }
            }
        }
        names.sort(Comparator.comparingLong(Name::first));
        return names;
    }

    /** A segment is closed by renaming it; where power was lost before the name was forced, a newer one stands beside it. */
    private List<Name> closeForgotten(List<Name> names) throws IOException {
        List<Name> closed = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Name each = names.get(i);
            if (each.last() < 0 && i + 1 < names.size()) {
                long last = names.get(i + 1).first() - 1;
                Path renamed = RaftLogFile.closedPath(directory, each.first(), last);
                Files.move(each.path(), renamed);
                log.warn("{}: gave segment {} of the Raft log its name back: {}", name, each.path(), renamed);
                each = new Name(renamed, each.first(), last);
            }
            closed.add(each);
        }
        return closed;
    }

    /** Reads the segments that hold anything above the applied index, and the newest. */
    private List<RaftLogFile> read(List<Name> names) throws IOException {
        List<RaftLogFile> files = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Name each = names.get(i);
            boolean newest = i == names.size() - 1;
            if (newest || each.last() > applied.raftIndex()) {
                files.add(RaftLogFile.read(each));
            }
        }
        return files;
    }

    private long cutTorn(RaftLogFile newest) throws IOException {
        if (newest.damage() != Damage.TORN) {
            return 0;
        }
        long torn = Files.size(newest.path()) - newest.validBytes();
        log.warn(
                "{}: cut {} bytes behind entry {} off {}: its last header was torn when the process or the machine stopped",
                name,
                torn,
                newest.lastValid(),
                newest.path());
        truncate(newest.path(), newest.validBytes());
        return torn;
    }

    private void check(List<RaftLogFile> files) throws IOException {
        long next = files.get(0).first();
        if (next > applied.raftIndex() + 1) {
            throw corrupt("the Raft log begins at entry " + next + ", the index ends at " + applied.raftIndex());
        }
        for (int i = 0; i < files.size(); i++) {
            RaftLogFile file = files.get(i);
            boolean newest = i == files.size() - 1;
            if (file.first() != next) {
                throw corrupt("entries " + next + " to " + (file.first() - 1) + " of the Raft log are missing");
            }
            if (file.damage() == Damage.DAMAGED || (file.damage() == Damage.TORN && !newest)) {
                throw corrupt(file.path() + " is damaged behind entry " + file.lastValid());
            }
            if (!file.isOpen() && file.last() != file.lastValid()) {
                throw corrupt(file.path() + " ends at entry " + file.lastValid());
            }
            next = file.lastValid() + 1;
        }
        if (next <= applied.raftIndex()) {
            throw corrupt(
                    "the Raft log ends at entry " + (next - 1) + ", before the applied one, " + applied.raftIndex());
        }
        checkTerm(files);
    }

    /** A term that is in the log but not in the term file could be led twice. */
    private void checkTerm(List<RaftLogFile> files) throws IOException {
        long term = 0;
        for (RaftLogFile file : files) {
            for (Entry entry : file.entries()) {
                term = Math.max(term, entry.proto().getTerm());
            }
        }
        Path meta = directory.resolve(META_FILE);
        Properties properties = new Properties();
        if (Files.exists(meta)) {
            try (Reader in = Files.newBufferedReader(meta)) {
                properties.load(in);
            }
        }
        long known = Long.parseLong(properties.getProperty("term", "-1"));
        if (known < term) {
            throw corrupt(meta + " knows term " + known + ", the log has entries of term " + term);
        }
    }

    /** The last index before the first entry, above the applied one, whose payload is not there. */
    private long lastWithPayload(List<RaftLogFile> files, long last) {
        for (RaftLogFile file : files) {
            for (Entry entry : file.entries()) {
                long index = entry.proto().getIndex();
                if (index > applied.raftIndex() && entry.proto().hasStateMachineLogEntry()) {
                    Frame frame = shardLog.find(entry.proto().getTerm(), index);
                    if (!payloadFits(entry.proto().getStateMachineLogEntry(), frame)) {
                        if (shardLog.damaged()) {
                            throw corrupt("the payload of entry " + index + " is gone, and the shard log is damaged:"
                                    + " it may have been acknowledged");
                        }
                        log.error(
                                "{}: cut the Raft log at entry {} of term {}, {} of its entries go: its payload is {}; "
                                        + "it was not acknowledged unless the shard log was damaged since",
                                name,
                                index,
                                entry.proto().getTerm(),
                                last - index + 1,
                                frame == null ? "missing" : "another, " + frame);
                        return index - 1;
                    }
                }
            }
        }
        return last;
    }

    private static boolean payloadFits(StateMachineLogEntryProto entry, @Nullable Frame frame) {
        EntryEnvelope envelope = EntryEnvelope.decode(entry.getLogData().asReadOnlyByteBuffer());
        return !envelope.hasPayload() || fits(envelope, frame);
    }

    /** Cuts the newest segments first, so that a crash in between leaves no gap. */
    private void cutAfter(List<RaftLogFile> files, long keep) throws IOException {
        for (int i = files.size() - 1; i >= 0 && files.get(i).lastValid() > keep; i--) {
            RaftLogFile file = files.get(i);
            if (file.first() > keep) {
                Files.delete(file.path());
                continue;
            }
            Entry firstCut = file.entries().get((int) (keep + 1 - file.first()));
            Path path = file.path();
            if (!file.isOpen()) {
                // Ratis takes an open segment as it is; a closed one must hold what its name says.
                path = RaftLogFile.openPath(directory, file.first());
                Files.move(file.path(), path);
            }
            truncate(path, firstCut.position());
        }
    }

    private void truncate(Path path, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
            channel.force(true);
        }
    }

    /** What was found may have been in the page cache only; from now on it counts as written. */
    private void forceAll() throws IOException {
        for (Name each : names()) {
            try (FileChannel channel = FileChannel.open(each.path(), StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
        DirectoryForce.force(directory);
        DirectoryForce.force(directory.resolveSibling("."));
    }

    private StorageException corrupt(String what) {
        return new StorageException(Kind.CORRUPT, name + ": " + what);
    }
}
