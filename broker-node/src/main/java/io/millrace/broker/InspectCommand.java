package io.millrace.broker;

import io.millrace.broker.host.DataDirectory;
import io.millrace.broker.host.Identity;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataMachine;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.metadata.Topic;
import io.millrace.error.FaultException;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionRow;
import io.millrace.storage.Family;
import io.millrace.storage.LogPosition;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import io.millrace.storage.index.PartitionIndexes;
import io.millrace.storage.log.SegmentInspector;
import io.millrace.storage.log.SegmentInspector.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code inspect}: what stands in a data directory, judged byte by byte, without a broker and without changing anything. Prints plain text;
 * exits with {@link ExitCode#DAMAGED} where something is damaged.
 */
@Command(
        name = "inspect",
        description = "Shows what stands in a data directory and judges every frame; changes nothing.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  millrace inspect /var/lib/millrace",
            "  millrace inspect /var/lib/millrace --frames --shard 1",
            "",
            "Exit codes: 0 all valid; 2 command line wrong; 5 a newer format; 6 something is damaged."
        })
public final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Data directory of a broker.")
    private @Nullable Path directory;

    @Option(names = "--shard", paramLabel = "N", description = "This shard alone.")
    private @Nullable Integer shard;

    @Option(names = "--frames", description = "Every frame, not only the counts.")
    private boolean listsFrames;

    @Spec
    private @Nullable CommandSpec spec;

    private boolean isDamaged;

    @Override
    public Integer call() {
        Path root = directory;
        if (root == null || spec == null) {
            throw new IllegalStateException("run by picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        try {
            Identity identity = DataDirectory.read(root);
            out.printf(
                    "cluster %s, broker %d, incarnation %d, %d data shard(s)%n",
                    identity.clusterId(), identity.brokerId(), identity.incarnation(), identity.dataShards());
            Map<UUID, String> topics = Map.of();
            for (int id = 0; id <= identity.dataShards(); id++) {
                if (id == ShardEntry.METADATA_SHARD) {
                    topics = metadata(root, out);
                }
                if (shard == null || shard == id) {
                    inspect(id, DataDirectory.ShardPaths.of(root, id), topics, out);
                }
            }
        } catch (FaultException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return ExitCode.of(e.fault().code()).number();
        } finally {
            out.flush();
        }
        return (isDamaged ? ExitCode.DAMAGED : ExitCode.STOPPED).number();
    }

    /** Names of topics by id. */
    private Map<UUID, String> metadata(Path root, PrintWriter out) {
        Path index =
                DataDirectory.ShardPaths.of(root, ShardEntry.METADATA_SHARD).index();
        try (PartitionIndex.View view = PartitionIndexes.inspect(index)) {
            ClusterImage image = MetadataMachine.image(view);
            image.topicsByName()
                    .forEach(topic -> out.printf(
                            "topic %s: id %s, %s, %d partition(s)%n",
                            topic.name(),
                            topic.id(),
                            topic.state(),
                            topic.partitions().size()));
            return image.topics().values().stream().collect(Collectors.toMap(Topic::id, Topic::name));
        } catch (StorageException e) {
            damaged(out, "metadata index", e);
            return Map.of();
        }
    }

    private void inspect(int id, DataDirectory.ShardPaths paths, Map<UUID, String> topics, PrintWriter out) {
        out.printf("%nshard %d%n", id);
        Covered covered = inspectIndex(paths.index(), topics, out);
        for (Path file : segments(paths.log(), out)) {
            inspectSegment(file, covered, out);
        }
    }

    /**
     * What the index covers: none of it may be damaged.
     *
     * @param durable everything before it
     * @param liveBytes of segment files that have any
     */
    private record Covered(LogPosition durable, Map<Integer, Long> liveBytes) {
        /** A file of moved extents is written and forced as a whole before a row points to it. */
        boolean has(int file, long position) {
            return ShardLog.isMoved(file)
                    ? liveBytes.containsKey(file)
                    : new LogPosition(file, (int) position).compareTo(durable) < 0;
        }
    }

    private Covered inspectIndex(Path directoryOfIndex, Map<UUID, String> topics, PrintWriter out) {
        try (PartitionIndex.View view = PartitionIndexes.inspect(directoryOfIndex)) {
            out.printf(
                    "  index: applied term %d index %d, log to %s%n",
                    view.applied().term(),
                    view.applied().raftIndex(),
                    view.applied().logEnd());
            Map<Family, Long> counts = PartitionIndexes.count(view);
            out.println("  rows: "
                    + counts.entrySet().stream()
                            .filter(entry -> entry.getValue() > 0)
                            .map(entry -> entry.getKey().columnFamily() + " " + entry.getValue())
                            .collect(Collectors.joining(", ")));
            for (Partition partition : PartitionRow.all(view)) {
                out.printf(
                        "  partition %s/%d: offsets %d to %d, %d record(s), %d byte(s), leader epoch %d%n",
                        topics.getOrDefault(
                                partition.id().topic(), partition.id().topic().toString()),
                        partition.id().number(),
                        partition.logStart(),
                        partition.logEnd(),
                        partition.records(),
                        partition.bytes(),
                        partition.leaderEpoch());
            }
            Map<Integer, Long> live = FileRows.all(view).stream()
                    .filter(row -> row.liveBytes() > 0)
                    .collect(Collectors.toMap(FileRow::file, FileRow::liveBytes));
            return new Covered(view.applied().logEnd(), live);
        } catch (StorageException e) {
            damaged(out, "index", e);
            return new Covered(LogPosition.START, Map.of());
        }
    }

    private List<Path> segments(Path log, PrintWriter out) {
        if (!Files.isDirectory(log)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(log)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            out.printf("  DAMAGED: the log's directory cannot be read: %s%n", e);
            isDamaged = true;
            return List.of();
        }
    }

    private void inspectSegment(Path file, Covered covered, PrintWriter out) {
        Map<Verdict, Long> counts = new EnumMap<>(Verdict.class);
        try {
            boolean[] isInside = new boolean[1];
            boolean isValid = new SegmentInspector(DiskFiles.buffered()).inspect(file, place -> {
                counts.merge(place.verdict(), 1L, Long::sum);
                boolean isOdd = place.verdict() == Verdict.INVALID || place.verdict() == Verdict.NEWER_FORMAT;
                // Behind what the index covers a crash may have left half a flush; the next start cuts it off.
                isInside[0] |= isOdd && covered.has(number(file), place.position());
                if (listsFrames || isOdd) {
                    out.printf(
                            "    %10d %-12s %d byte(s) term %d index %d payload %d  %s%n",
                            place.position(),
                            place.verdict(),
                            place.bytes(),
                            place.term(),
                            place.raftIndex(),
                            place.payloadBytes(),
                            place.detail());
                }
            });
            isDamaged |= isInside[0];
            boolean isOrphan = ShardLog.isMoved(number(file)) && !covered.has(number(file), 0);
            String verdict = isOrphan
                    ? "a copy that nothing points to, which the next start removes"
                    : isValid ? "valid" : isInside[0] ? "DAMAGED" : "a torn end, which the next start cuts off";
            out.printf(
                    "  segment %s: %s %s, %d of %d byte(s) live%n",
                    file.getFileName(),
                    verdict,
                    counts,
                    covered.liveBytes().getOrDefault(number(file), 0L),
                    Files.size(file));
        } catch (IOException e) {
            damaged(
                    out,
                    "segment " + file.getFileName(),
                    new StorageException(StorageException.Kind.IO, e.toString(), e));
        } catch (IllegalArgumentException e) {
            out.printf("  %s is no segment file%n", file.getFileName());
        } catch (StorageException e) {
            damaged(out, "segment " + file.getFileName(), e);
        }
    }

    /** Of a segment file, by its name; the inspector has refused all others. */
    private static int number(Path file) {
        String name = String.valueOf(file.getFileName());
        return Integer.parseInt(name.substring(0, name.indexOf('.')));
    }

    private void damaged(PrintWriter out, String what, StorageException e) {
        isDamaged = true;
        out.printf("  DAMAGED (%s): the %s cannot be read: %s%n", e.kind(), what, e.getMessage());
    }
}
