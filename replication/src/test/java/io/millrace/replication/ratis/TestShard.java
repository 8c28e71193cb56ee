package io.millrace.replication.ratis;

import static org.awaitility.Awaitility.await;

import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.ReplicatedLog.Proposal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** A shard with its log, machine and Raft group in one directory; closing and opening it again is a restart. */
final class TestShard implements AutoCloseable {
    static final UUID CLUSTER = new UUID(1, 2);

    final FileShardLog shardLog;
    final ListMachine machine;
    final List<String> failStops = new CopyOnWriteArrayList<>();

    private final RatisHost host;
    private final ReplicatedLog<Long> log;
    private long term = -1;
    private long seq;

    private TestShard(Path directory, Consumer<String> observer, List<Path> others) throws IOException {
        Files.createDirectories(directory.resolve("raft"));
        shardLog = new FileShardLog(directory.resolve("frames"), observer);
        machine = new ListMachine(directory.resolve("checkpoint"), shardLog);
        RatisConfig config = RatisConfig.alone(CLUSTER, 1, 1, System::nanoTime);
        List<RaftGroupSpec<?>> groups = new ArrayList<>();
        groups.add(spec(0, directory, shardLog, machine));
        for (Path other : others) {
            Files.createDirectories(other.resolve("raft"));
            FileShardLog otherLog = FileShardLog.open(other.resolve("frames"));
            ListMachine otherMachine = new ListMachine(other.resolve("checkpoint"), otherLog);
            groups.add(spec(groups.size(), other, otherLog, otherMachine));
        }
        host = RatisHost.start(config, groups, (what, cause) -> failStops.add(what));
        log = host.log(0);
    }

    private static RaftGroupSpec<Long> spec(int shard, Path directory, FileShardLog shardLog, ListMachine machine) {
        return new RaftGroupSpec<>(shard, directory.resolve("raft"), shardLog, machine, List.of());
    }

    static TestShard open(Path directory) throws IOException {
        return open(directory, call -> {});
    }

    static TestShard open(Path directory, Consumer<String> observer) throws IOException {
        TestShard shard = new TestShard(directory, observer, List.of());
        shard.awaitLeading();
        return shard;
    }

    /** Two shards in one server: this one, and number 1 in another directory. */
    static TestShard openTwo(Path directory, Path other) throws IOException {
        TestShard shard = new TestShard(directory, call -> {}, List.of(other));
        shard.awaitLeading();
        return shard;
    }

    /** Where Raft keeps the shard's segment files. */
    static Path segments(Path directory) {
        return segments(directory, 0);
    }

    static Path segments(Path directory, int shard) {
        return directory
                .resolve("raft")
                .resolve(RatisHost.groupId(CLUSTER, shard).getUuid().toString())
                .resolve("current");
    }

    void awaitLeading() {
        await().atMost(Duration.ofSeconds(20))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> log.leadership().leading());
        term = log.leadership().term();
        seq = 0;
    }

    RatisHost host() {
        return host;
    }

    Map<Integer, Throwable> quarantined() {
        return host.quarantined();
    }

    ReplicatedLog<Long> log() {
        return log;
    }

    /** Proposes what is next. */
    CompletableFuture<Long> propose(String name, int payloadBytes) {
        return log.propose(proposal(term, seq++, name, payloadBytes));
    }

    /** After a refusal: the same number is next. */
    void stepBack() {
        seq--;
    }

    long term() {
        return term;
    }

    static Proposal proposal(long term, long seq, String name, int payloadBytes) {
        if (payloadBytes == 0) {
            return new Proposal(term, seq, name.getBytes(StandardCharsets.UTF_8), 0, List.of());
        }
        byte[] payload = new byte[payloadBytes];
        new SplittableRandom(name.hashCode()).nextBytes(payload);
        CRC32C crc = new CRC32C();
        crc.update(payload);
        byte[] body = (name + ":" + payloadBytes + ":" + crc.getValue()).getBytes(StandardCharsets.UTF_8);
        int half = payloadBytes / 2;
        return new Proposal(
                term,
                seq,
                body,
                (int) crc.getValue(),
                List.of(ByteBuffer.wrap(payload, 0, half), ByteBuffer.wrap(payload, half, payloadBytes - half)));
    }

    /** The names of what was applied, without what the bodies say about their payloads. */
    List<String> applied() {
        return machine.bodies.stream().map(body -> body.split(":")[0]).toList();
    }

    @Override
    public void close() {
        host.close();
        shardLog.close();
    }
}
