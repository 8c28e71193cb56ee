package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Progress;
import io.millrace.cli.output.Table;
import io.millrace.client.MillraceClient;
import io.millrace.client.Verification;
import io.millrace.client.Verification.Agreement;
import io.millrace.client.Verification.Damage;
import io.millrace.client.Verification.Replica;
import io.millrace.client.Verification.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code verify}: whether the replicas of each shard hold equal records. */
@Command(
        name = "verify",
        header = "Prove that the replicas of each shard hold equal records.",
        description = {
            "Compares, at one entry of each shard's log, the bounds of every partition and a checksum of all that was ever appended to it. With --deep every replica also reads all"
                    + " bytes that it stores, with their checksums, and what it read is compared as well."
        },
        footer = {
            "",
            "Examples:",
            "  millrace verify",
            "  millrace verify --topic orders --deep",
            "  millrace verify --deep --rate 20 -o json",
            "",
            "A damaged extent is fetched from another replica by its broker itself, within a minute; 'cluster status' says what is left."
        })
final class VerifyCommand extends ListingCommand {
    @Option(
            names = {"-t", "--topic"},
            paramLabel = "TOPIC",
            description = "This topic alone.")
    private String topic = "";

    @Option(names = "--deep", description = "Read all that is stored, on every replica.")
    private boolean deep;

    @Option(
            names = "--rate",
            paramLabel = "MB/S",
            defaultValue = "0",
            description = "Megabytes per second that each replica may read, with --deep. Default: as fast as can be.")
    private double megabytesPerSecond;

    VerifyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected void check() {
        if (!(megabytesPerSecond >= 0 && megabytesPerSecond <= 1e9)) {
            throw usage("--rate must be 0 or more megabytes per second, not " + megabytesPerSecond);
        }
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        Progress progress =
                new Progress(terminal.err(), terminal.errIsTerminal(), terminal.nanos(), deep ? "MB read" : "shards");
        List<Shard> shards = new ArrayList<>();
        List<Damage> damaged = new ArrayList<>();
        List<Damage> repaired = new ArrayList<>();
        long[] bytesRead = new long[1];
        client.admin()
                .verifyReplicas(
                        new Verification.Request(topic, deep, (long) (megabytesPerSecond * 1e6)),
                        new Verification.Listener() {
                            @Override
                            public void progress(Verification.Progress now) {
                                bytesRead[0] = now.bytesRead();
                                progress.update(deep ? now.bytesRead() / 1_000_000 : now.shardsDone(), now.done());
                            }

                            @Override
                            public void damaged(Damage damage) {
                                damaged.add(damage);
                                if (!json()) {
                                    progress.clear();
                                    terminal.err().println(terminal.errStyle().bad("damaged: ") + name(damage));
                                }
                            }

                            @Override
                            public void repaired(Damage damage) {
                                repaired.add(damage);
                            }

                            @Override
                            public void verdict(Shard shard) {
                                shards.add(shard);
                            }
                        });
        progress.clear();
        Duration took = progress.elapsed();
        boolean isEqual = shards.stream().allMatch(each -> each.agreement() == Agreement.EQUAL);
        if (json()) {
            printJson(new VerifyReport(isEqual, shards, damaged, repaired, bytesRead[0], took.toMillis() / 1000.0));
        } else {
            print(shards, damaged, repaired, bytesRead[0], took);
        }
        return code(shards);
    }

    private static ExitCode code(List<Shard> shards) {
        boolean isUnequal = shards.stream()
                .anyMatch(each -> each.agreement() == Agreement.DIFFERENT || each.agreement() == Agreement.DAMAGED);
        return isUnequal
                ? ExitCode.UNEQUAL
                : shards.stream().allMatch(each -> each.agreement() == Agreement.EQUAL)
                        ? ExitCode.OK
                        : ExitCode.UNAVAILABLE;
    }

    private void print(List<Shard> shards, List<Damage> damaged, List<Damage> repaired, long bytesRead, Duration took) {
        Table table = new Table(">SHARD", "REPLICAS", ">PARTITIONS", ">RECORDS", ">AT ENTRY", ">READ", "VERDICT");
        for (Shard shard : shards) {
            table.row(
                    shard.id(),
                    shard.replicas().stream()
                            .map(each -> String.valueOf(each.broker()))
                            .collect(Collectors.joining(", ")),
                    Figures.count(shard.partitions()),
                    Figures.count(shard.records()),
                    shard.raftIndex() < 0 ? "-" : Figures.count(shard.raftIndex()),
                    deep
                            ? Figures.bytes(shard.replicas().stream()
                                    .mapToLong(Replica::bytesRead)
                                    .sum())
                            : "-",
                    shard.agreement().name().toLowerCase(Locale.ROOT));
        }
        print(table);
        print("");
        repaired.forEach(each -> print(terminal.outStyle().good("repaired since: ") + name(each)));
        damaged.forEach(each -> print(terminal.outStyle().bad("! ") + name(each)));
        for (Shard shard : shards) {
            shard.differences().forEach(each -> print(terminal.outStyle().bad("! ") + name(each)));
            for (Replica replica : shard.replicas()) {
                if (!replica.problem().isEmpty()) {
                    print(terminal.outStyle().bad("! ") + "shard " + shard.id() + " on broker " + replica.broker()
                            + ": " + replica.problem());
                }
            }
        }
        print(sum(shards, damaged)
                + (deep
                        ? "; " + Figures.bytes(bytesRead) + " read in " + Figures.duration(took) + ", "
                                + Figures.byteRate(bytesRead, took)
                        : "; took " + Figures.duration(took)));
    }

    private String sum(List<Shard> shards, List<Damage> damaged) {
        long records = shards.stream().mapToLong(Shard::records).sum();
        return switch (code(shards)) {
            case OK ->
                terminal.outStyle().good("equal") + ": " + Figures.count(shards.size(), "shard") + ", "
                        + Figures.count(records, "record");
            case UNAVAILABLE ->
                terminal.outStyle().bad("not proved")
                        + ": not every replica could be compared, and nothing else was found";
            default ->
                terminal.outStyle().bad("NOT EQUAL") + ": " + Figures.count(damaged.size(), "damaged extent") + ", "
                        + Figures.count(
                                shards.stream()
                                        .mapToInt(each -> each.differences().size())
                                        .sum(),
                                "partition")
                        + " that differ";
        };
    }

    private static String name(Damage damage) {
        return "shard " + damage.shard() + " on broker " + damage.broker() + ": " + damage.topic() + "/"
                + damage.partition() + ", extent of offsets " + damage.firstOffset() + " to " + damage.lastOffset()
                + ", in " + damage.file() + " at " + damage.position() + ": " + damage.reason();
    }

    private static String name(Verification.Difference difference) {
        return difference.topic() + "/" + difference.partition() + ": " + difference.reason() + " "
                + difference.replicas().stream()
                        .map(each -> "broker " + each.broker() + ": " + each.logStart() + " to " + each.logEnd() + ", "
                                + each.checksum()
                                + (each.storedChecksum().isEmpty() ? "" : ", stored " + each.storedChecksum()))
                        .collect(Collectors.joining("; "));
    }
}
