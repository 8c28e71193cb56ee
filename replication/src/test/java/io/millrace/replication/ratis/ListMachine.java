package io.millrace.replication.ratis;

import io.millrace.replication.Leadership;
import io.millrace.replication.ReplicatedMachine;
import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose state is the list of bodies applied, each of which says what its payload is. A checkpoint writes the list and the mark
 * to a file, at once or not at all; what came after is applied again after a restart.
 */
final class ListMachine implements ReplicatedMachine<Long> {
    final List<String> bodies = new CopyOnWriteArrayList<>();
    final List<Leadership> leaderships = new CopyOnWriteArrayList<>();
    volatile boolean admitting = true;
    volatile @Nullable RuntimeException applyFailure;

    private final Map<String, Extent> places = new ConcurrentHashMap<>();
    private final ShardLog shardLog;
    private final Path checkpoint;
    private volatile AppliedMark applied = AppliedMark.NONE;
    private volatile boolean checkPayloads = true;

    ListMachine(Path checkpoint, ShardLog shardLog) {
        this.checkpoint = checkpoint;
        this.shardLog = shardLog;
        if (Files.exists(checkpoint)) {
            List<String> lines = lines(checkpoint);
            applied = mark(checkpoint);
            bodies.addAll(lines.subList(1, lines.size()));
        }
    }

    void trustPayloads() {
        checkPayloads = false;
    }

    /** What a checkpoint covers; nothing where there is none. */
    static AppliedMark mark(Path checkpoint) {
        if (!Files.exists(checkpoint)) {
            return AppliedMark.NONE;
        }
        String[] mark = lines(checkpoint).get(0).split(" ");
        return new AppliedMark(
                Long.parseLong(mark[0]),
                Long.parseLong(mark[1]),
                new LogPosition(Integer.parseInt(mark[2]), Integer.parseInt(mark[3])));
    }

    private static List<String> lines(Path checkpoint) {
        try {
            return Files.readAllLines(checkpoint);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "load", e);
        }
    }

    /** By the apply thread, or while nothing is applied. Returns the index that is durable now. */
    synchronized long checkpoint() {
        AppliedMark mark = applied;
        List<String> lines = new ArrayList<>();
        lines.add(mark.term() + " " + mark.raftIndex() + " " + mark.logEnd().file() + " "
                + mark.logEnd().position());
        lines.addAll(bodies);
        Path next = checkpoint.resolveSibling(checkpoint.getFileName() + ".next");
        try {
            Files.write(next, lines);
            try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(next, checkpoint, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "checkpoint", e);
        }
        return mark.raftIndex();
    }

    @Override
    public boolean admits(long term, long seq) {
        return admitting;
    }

    @Override
    public synchronized Long apply(
            long term, long raftIndex, byte[] body, @Nullable Extent payload, LogPosition logEnd) {
        RuntimeException failure = applyFailure;
        if (failure != null) {
            throw failure;
        }
        if (raftIndex != applied.raftIndex() + 1) {
            throw new IllegalStateException("entry " + raftIndex + " after " + applied);
        }
        String text = new String(body, StandardCharsets.UTF_8);
        if (checkPayloads) {
            checkPayload(text, payload);
        }
        bodies.add(text);
        if (payload != null) {
            places.put(term + "/" + raftIndex, payload);
        }
        applied = new AppliedMark(term, raftIndex, logEnd);
        return raftIndex;
    }

    /** A body is {@code name} or {@code name:length:crc}. */
    private void checkPayload(String text, @Nullable Extent payload) {
        String[] parts = text.split(":");
        if (payload == null || parts.length == 1) {
            if (payload != null || parts.length != 1) {
                throw new IllegalStateException(text + " with " + payload);
            }
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(payload.length());
        shardLog.read(payload, 0, bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes.flip());
        if (payload.length() != Integer.parseInt(parts[1]) || crc.getValue() != Long.parseLong(parts[2])) {
            throw new IllegalStateException(text + " is not what stands at " + payload);
        }
    }

    @Override
    public synchronized void passed(long term, long raftIndex) {
        applied = new AppliedMark(term, raftIndex, applied.logEnd());
    }

    @Override
    public @Nullable Extent payload(long term, long raftIndex) {
        return places.get(term + "/" + raftIndex);
    }

    @Override
    public AppliedMark applied() {
        return applied;
    }

    @Override
    public void onLeadership(Leadership leadership) {
        leaderships.add(leadership);
    }
}
