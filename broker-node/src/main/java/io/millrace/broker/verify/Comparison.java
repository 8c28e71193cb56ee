package io.millrace.broker.verify;

import io.millrace.broker.verify.ShardVerdict.Agreement;
import io.millrace.broker.verify.ShardVerdict.Difference;
import io.millrace.broker.verify.ShardVerdict.Held;
import io.millrace.replication.state.PartitionId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Judges what the replicas of a shard told of themselves. Pure.
 *
 * <p>They are compared at one entry of their common log: each has applied just the same, so that whatever differs is wrong. Of what is stored, the checksum is held against that of
 * what was appended where both cover the same offsets, and else against those of the other replicas.
 */
final class Comparison {
    /** A problem: the replica took its notes at another entry. */
    static final String ELSEWHERE = "was looked at elsewhere in the log; try again";

    private static final Comparator<PartitionId> BY_ID =
            Comparator.comparing(PartitionId::topic).thenComparingInt(PartitionId::number);

    private Comparison() {}

    /** @param deep all that is stored was to be read */
    static ShardVerdict of(int shard, boolean deep, List<ReplicaAnswer> answers) {
        List<ReplicaAnswer> compared =
                answers.stream().filter(each -> each.raftIndex() >= 0).toList();
        long raftIndex =
                compared.stream().mapToLong(ReplicaAnswer::raftIndex).max().orElse(-1);
        List<ReplicaVerdict> verdicts = new ArrayList<>();
        for (ReplicaAnswer each : answers) {
            String problem = problem(each, deep, raftIndex);
            verdicts.add(new ReplicaVerdict(
                    each.broker(), problem, each.bytesRead(), each.damaged().size(), each.repaired()));
        }
        compared =
                compared.stream().filter(each -> each.raftIndex() == raftIndex).toList();
        List<Difference> differences = differences(compared);
        boolean isIncomplete = compared.isEmpty()
                || verdicts.stream().anyMatch(each -> !each.problem().isEmpty())
                || !isComparable(compared);
        Agreement agreement = !differences.isEmpty()
                ? Agreement.DIFFERENT
                : answers.stream().anyMatch(each -> !each.damaged().isEmpty())
                        ? Agreement.DAMAGED
                        : isIncomplete ? Agreement.INCOMPLETE : Agreement.EQUAL;
        return new ShardVerdict(
                shard,
                agreement,
                raftIndex,
                compared.isEmpty() ? 0 : compared.get(0).sums().size(),
                compared.isEmpty()
                        ? 0
                        : compared.get(0).sums().values().stream()
                                .mapToLong(PartitionSum::records)
                                .sum(),
                verdicts,
                differences);
    }

    private static String problem(ReplicaAnswer answer, boolean deep, long raftIndex) {
        if (!answer.problem().isEmpty()) {
            return answer.problem();
        }
        if (answer.raftIndex() != raftIndex) {
            return ELSEWHERE;
        }
        boolean isRead = answer.sums().keySet().stream().allMatch(id -> isRead(answer, id));
        return deep && !isRead && answer.damaged().isEmpty() ? "was not read as a whole; try again" : "";
    }

    private static List<Difference> differences(List<ReplicaAnswer> compared) {
        Set<PartitionId> ids = new TreeSet<>(BY_ID);
        compared.forEach(each -> ids.addAll(each.sums().keySet()));
        List<Difference> differences = new ArrayList<>();
        for (PartitionId id : ids) {
            SortedMap<Integer, Held> held = new TreeMap<>();
            for (ReplicaAnswer each : compared) {
                held.put(
                        each.broker(),
                        new Held(each.sums().get(id), each.stored().get(id)));
            }
            String reason = reason(held);
            if (reason != null) {
                differences.add(new Difference(id, reason, held));
            }
        }
        return differences;
    }

    private static @Nullable String reason(SortedMap<Integer, Held> held) {
        Set<Object> appended = new HashSet<>();
        for (Held each : held.values()) {
            appended.add(each.sum() == null ? "nothing" : withoutChecksum(each.sum()));
        }
        if (appended.size() > 1) {
            return "The replicas do not hold the same offsets.";
        }
        // A replica whose checksum begins elsewhere says nothing by it.
        Map<Long, Long> checksums = new HashMap<>();
        for (Held each : held.values()) {
            if (each.sum() != null) {
                Long other = checksums.put(each.sum().checksumFrom(), each.sum().checksum());
                if (other != null && other != each.sum().checksum()) {
                    return "The replicas were given different records.";
                }
            }
        }
        Set<Long> stored = new HashSet<>();
        for (Held each : held.values()) {
            if (each.stored() == null || !each.stored().isWhole() || each.sum() == null) {
                continue;
            }
            stored.add(each.stored().checksum());
            if (each.sum().coversWhatIsStored()
                    && each.sum().checksum() != each.stored().checksum()) {
                return "What is stored is not what was appended.";
            }
        }
        return stored.size() > 1 ? "The replicas store different records." : null;
    }

    private static PartitionSum withoutChecksum(PartitionSum sum) {
        return new PartitionSum(
                sum.id(), sum.firstOffset(), sum.logStart(), sum.logEnd(), sum.records(), sum.bytes(), 0, 0);
    }

    /** Every partition has checksums that begin at one place, or was read as a whole everywhere. */
    private static boolean isComparable(List<ReplicaAnswer> compared) {
        Map<PartitionId, Set<Long>> starts = new HashMap<>();
        for (ReplicaAnswer each : compared) {
            for (PartitionSum sum : each.sums().values()) {
                starts.computeIfAbsent(sum.id(), id -> new HashSet<>()).add(sum.checksumFrom());
            }
        }
        return starts.entrySet().stream()
                .allMatch(each -> each.getValue().size() == 1 || isRead(each.getKey(), compared));
    }

    private static boolean isRead(PartitionId id, List<ReplicaAnswer> compared) {
        return compared.stream().allMatch(each -> isRead(each, id));
    }

    private static boolean isRead(ReplicaAnswer answer, PartitionId id) {
        StoredSum stored = answer.stored().get(id);
        return stored != null && stored.isWhole();
    }
}
