package io.millrace.replication.ratis;

import io.millrace.replication.ReplicatedLog;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.SegmentedShardLog;
import io.millrace.storage.log.ShardLogs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The process that {@link KilledProcessIT} kills: recovers, says what it has, and then proposes {@code n0, n1, ...}, several in flight, and
 * says what was acknowledged. Each name is the number of names before it, so what is applied must be exactly n0 to the last, in order.
 */
final class KilledWriter {
    private static final int IN_FLIGHT = 3;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final SplittableRandom random;
    private final ListMachine machine;
    private final ReplicatedLog<Long> log;
    private int acknowledged;

    private KilledWriter(Path directory, long seed) throws IOException {
        random = new SplittableRandom(seed);
        Files.createDirectories(directory.resolve("raft"));
        Files.createDirectories(directory.resolve("log"));
        Path checkpoint = directory.resolve("checkpoint");
        SegmentedShardLog shardLog = ShardLogs.open(
                directory.resolve("log"),
                LogConfig.DEFAULT.withSizes(4 << 20, 64 << 10, 256 << 10),
                DiskFiles.direct(),
                KilledWriter::halt,
                ListMachine.mark(checkpoint).logEnd());
        machine = new ListMachine(checkpoint, shardLog);
        RatisConfig config = RatisConfig.alone(TestShard.CLUSTER, 1, 1, System::nanoTime);
        List<RaftGroupSpec<?>> groups =
                List.of(new RaftGroupSpec<>(0, directory.resolve("raft"), shardLog, machine, List.of()));
        log = RatisHost.start(config, groups, KilledWriter::halt).log(0);
    }

    private static void halt(String what, Throwable cause) {
        cause.printStackTrace();
        Runtime.getRuntime().halt(70);
    }

    public static void main(String[] args) throws Exception {
        KilledWriter writer = new KilledWriter(Path.of(args[0]), Long.parseLong(args[1]));
        writer.awaitLeading();
        writer.sayRecovered();
        writer.write();
    }

    private void awaitLeading() throws InterruptedException {
        while (!log.leadership().leading()) {
            Thread.sleep(1);
        }
    }

    private void sayRecovered() {
        List<String> names = names();
        for (int i = 0; i < names.size(); i++) {
            if (!names.get(i).equals("n" + i)) {
                out.println("wrong " + names.get(i) + " at " + i);
                return;
            }
        }
        out.println("recovered " + names.size());
    }

    private List<String> names() {
        return machine.bodies.stream().map(body -> body.split(":")[0]).toList();
    }

    /** Until it is killed. */
    private void write() throws Exception {
        long term = log.leadership().term();
        int name = machine.bodies.size();
        acknowledged = name;
        ArrayDeque<CompletableFuture<Long>> inFlight = new ArrayDeque<>();
        for (long seq = 0; ; seq++) {
            int bytes = random.nextInt(4) == 0 ? 0 : random.nextInt(1, 30_000);
            inFlight.add(log.propose(TestShard.proposal(term, seq, "n" + name++, bytes)));
            while (inFlight.size() >= IN_FLIGHT) {
                var unused = inFlight.remove().get(30, TimeUnit.SECONDS);
                out.println("acknowledged " + ++acknowledged);
            }
            if (random.nextInt(100) == 0) {
                log.checkpointed(machine.checkpoint());
            }
        }
    }
}
