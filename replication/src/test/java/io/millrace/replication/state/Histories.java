package io.millrace.replication.state;

import io.millrace.record.BatchHeader;
import io.millrace.storage.Extent;
import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import io.millrace.storage.index.MemoryRows;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Entries and rows for tests of the state. */
final class Histories {
    static final UUID TOPIC = new UUID(0x1111_2222_3333_4444L, 0x5555_6666_7777_8888L);
    private static final byte[] ABOVE_ALL = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

    private Histories() {}

    static PartitionId partition(int number) {
        return new PartitionId(TOPIC, number);
    }

    /** A header of a batch that was never sent: nothing but the header is looked at. */
    static BatchHeader batch(int records, long producerId, int epoch, int sequence, long maxTimestamp) {
        return batch(records, 61 + records, producerId, epoch, sequence, maxTimestamp);
    }

    static BatchHeader batch(int records, int size, long producerId, int epoch, int sequence, long maxTimestamp) {
        return new BatchHeader(
                0,
                size,
                -1,
                0xCAFE + records,
                (short) 0,
                records - 1,
                maxTimestamp,
                maxTimestamp,
                producerId,
                (short) epoch,
                sequence,
                records);
    }

    /** Applies an entry whose payload lies at the start of a file that is named after the index. */
    static EntryResult apply(Rows rows, long term, long raftIndex, EntryHeader header) {
        int length = header.parts().stream().mapToInt(AppendPart::length).sum();
        Extent payload = length == 0 ? null : new Extent((int) raftIndex, 64, length);
        return Applier.apply(new EntryContext(term, raftIndex), header, payload, rows);
    }

    static CommandResult execute(Rows rows, long raftIndex, ShardCommand command) {
        return apply(rows, 1, raftIndex, new EntryHeader(raftIndex, List.of(), List.of(command)))
                .results()
                .get(0);
    }

    static MemoryRows withPartitions(int count) {
        MemoryRows rows = new MemoryRows();
        List<ShardCommand.NewPartition> made = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            made.add(new ShardCommand.NewPartition(partition(number), 0, 0));
        }
        execute(rows, 0, new ShardCommand.CreatePartitions(made));
        return rows;
    }

    static Partition get(Rows rows, int number) {
        return Objects.requireNonNull(PartitionRow.find(rows, partition(number)));
    }

    /** All rows as text, in order. */
    static List<String> dump(Rows rows) {
        List<String> dump = new ArrayList<>();
        for (Family family : Family.values()) {
            rows.scan(
                    family,
                    new byte[0],
                    ABOVE_ALL,
                    (key, value) -> dump.add(family + " "
                            + HexFormat.of().formatHex(key) + " = "
                            + HexFormat.of().formatHex(value)));
        }
        return dump;
    }

    static List<String> dump(Rows rows, Family family) {
        return dump(rows).stream().filter(row -> row.startsWith(family + " ")).toList();
    }

    /** Applied rows as the sequencer asks for them. */
    static Sequencer.AppliedState applied(Rows rows) {
        return new Sequencer.AppliedState() {
            @Override
            public @Nullable Partition partition(PartitionId id) {
                return PartitionRow.find(rows, id);
            }

            @Override
            public @Nullable Producer producer(int partition, long producerId) {
                return ProducerRow.get(rows, partition, producerId);
            }
        };
    }
}
