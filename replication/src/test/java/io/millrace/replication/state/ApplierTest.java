package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.record.BatchHeader;
import io.millrace.storage.Extent;
import io.millrace.storage.Family;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import io.millrace.storage.index.FileRows;
import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ApplierTest {
    private static final UUID GROUP = new UUID(9, 9);

    private static AppendPart part(MemoryRows rows, int partition, BatchHeader batch, long term) {
        Partition known = Histories.get(rows, partition);
        return AppendPart.of(batch, known.handle(), known.logEnd(), known.leaderEpochIn(term));
    }

    private static BatchHeader plain(int records) {
        return Histories.batch(records, -1, -1, -1, 1000 + records);
    }

    @Test
    void makesOneExtentOfNeighbouringBatches() {
        MemoryRows rows = Histories.withPartitions(2);
        AppendPart first = part(rows, 0, plain(2), 1);
        AppendPart second = AppendPart.of(plain(3), first.partition(), 2, 1);
        AppendPart other = part(rows, 1, plain(5), 1);
        AppendPart third = AppendPart.of(plain(1), first.partition(), 5, 1);

        EntryResult result =
                Histories.apply(rows, 1, 7, new EntryHeader(10, List.of(first, second, other, third), List.of()));

        assertThat(result.parts())
                .extracting(EntryResult.AppendedPart::baseOffset)
                .containsExactly(0L, 2L, 0L, 5L);
        ExtentRow run = Objects.requireNonNull(ExtentRows.locate(rows, first.partition(), 4));
        assertThat(run)
                .isEqualTo(
                        new ExtentRow(first.partition(), 0, 4, 7, 64, first.length() + second.length(), 0, 2, 5, 1003));
        ExtentRow tail = Objects.requireNonNull(ExtentRows.last(rows, first.partition()));
        assertThat(tail.baseOffset()).isEqualTo(5);
        assertThat(tail.maxTimestamp()).as("never falls").isEqualTo(1003);
        Partition partition = Histories.get(rows, 0);
        assertThat(partition.logEnd()).isEqualTo(6);
        assertThat(partition.records()).isEqualTo(6);
        assertThat(partition.lastStableOffset()).isEqualTo(6);
        assertThat(ShardRow.timeMicros(rows)).isEqualTo(10);
    }

    @Test
    void refusesWhatTheWriterCannotHaveMeant() {
        MemoryRows rows = Histories.withPartitions(1);
        AppendPart good = part(rows, 0, plain(2), 1);
        Histories.apply(rows, 1, 1, new EntryHeader(100, List.of(good), List.of()));

        assertViolation(rows, 1, new EntryHeader(100, List.of(good), List.of()), "base offset 0");
        assertViolation(rows, 1, new EntryHeader(99, List.of(part(rows, 0, plain(1), 1)), List.of()), "time falls");
        assertViolation(rows, 2, new EntryHeader(100, List.of(part(rows, 0, plain(1), 1)), List.of()), "leader epoch");
        AppendPart nowhere = AppendPart.of(plain(1), 77, 0, 1);
        assertViolation(rows, 1, new EntryHeader(100, List.of(nowhere), List.of()), "does not exist");
        EntryHeader header = new EntryHeader(100, List.of(part(rows, 0, plain(1), 1)), List.of());
        EntryContext context = new EntryContext(1, 9);
        assertThatThrownBy(() -> Applier.apply(context, header, new Extent(0, 0, 1000), rows))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Applier.apply(context, header, new Extent(0, 0, 10), rows))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Applier.apply(context, header, null, rows)).isInstanceOf(IllegalStateException.class);
        BatchHeader control = new BatchHeader(0, 80, 0, 0, (short) 0x20, 0, 1, 1, 3, (short) 0, 0, 1);
        AppendPart reserved = part(rows, 0, control, 1);
        assertThatThrownBy(() -> Histories.apply(rows, 1, 9, new EntryHeader(100, List.of(reserved), List.of())))
                .isInstanceOf(UnknownEntryException.class);
    }

    private static void assertViolation(MemoryRows rows, long term, EntryHeader header, String message) {
        assertThatThrownBy(() -> Histories.apply(rows, term, 9, header))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(message);
    }

    @Test
    void createsPartitionsOnceAndNeverReusesAHandle() {
        MemoryRows rows = new MemoryRows();
        ShardCommand.CreatePartitions create = new ShardCommand.CreatePartitions(List.of(
                new ShardCommand.NewPartition(Histories.partition(0), 5, 10),
                new ShardCommand.NewPartition(Histories.partition(1), 0, 0)));
        assertThat(Histories.execute(rows, 1, create)).isEqualTo(new CommandResult.PartitionsCreated(List.of(1, 2), 2));
        assertThat(Histories.execute(rows, 2, create)).isEqualTo(new CommandResult.PartitionsCreated(List.of(1, 2), 0));
        assertThat(Histories.get(rows, 0).logStart()).isEqualTo(10);
        assertThat(Histories.get(rows, 0).leaderEpochIn(3)).isEqualTo(8);

        Histories.execute(rows, 3, new ShardCommand.DropPartitions(Histories.TOPIC));
        ShardCommand.NewPartition later = new ShardCommand.NewPartition(new PartitionId(new UUID(2, 2), 0), 0, 0);
        assertThat(Histories.execute(rows, 4, new ShardCommand.CreatePartitions(List.of(later))))
                .isEqualTo(new CommandResult.PartitionsCreated(List.of(3), 1));
    }

    @Test
    void dropsEveryRowOfATopic() {
        MemoryRows rows = Histories.withPartitions(2);
        ShardCommand.NewPartition kept = new ShardCommand.NewPartition(new PartitionId(new UUID(2, 2), 0), 0, 0);
        Histories.execute(rows, 1, new ShardCommand.CreatePartitions(List.of(kept)));
        for (int partition = 0; partition < 2; partition++) {
            AppendPart part = part(rows, partition, Histories.batch(2, 4, 0, 0, 1), 1);
            Histories.apply(rows, 1, 2 + partition, new EntryHeader(4, List.of(part), List.of()));
        }

        for (int handle = 1; handle <= 2; handle++) {
            Histories.execute(rows, 10, new ShardCommand.InitPosition(handle, GROUP, 0));
        }

        CommandResult dropped = Histories.execute(rows, 11, new ShardCommand.DropPartitions(Histories.TOPIC));

        assertThat(dropped).isEqualTo(new CommandResult.PartitionsDropped(2, 2 * (61 + 2)));
        assertThat(Histories.execute(rows, 12, new ShardCommand.DropPartitions(Histories.TOPIC)))
                .isEqualTo(new CommandResult.PartitionsDropped(0, 0));
        for (Family family : List.of(Family.EXTENTS, Family.EPOCHS, Family.PRODUCERS, Family.POSITIONS)) {
            assertThat(Histories.dump(rows, family)).as("%s", family).isEmpty();
        }
        assertThat(Histories.dump(rows, Family.PARTITIONS))
                .as("the other topic's")
                .hasSize(2);
        assertThat(FileRows.all(rows))
                .allSatisfy(file -> assertThat(file.liveBytes()).isZero());
    }

    @Test
    void forgetsProducersThatAreOlder() {
        MemoryRows rows = Histories.withPartitions(1);
        AppendPart old = part(rows, 0, Histories.batch(1, 4, 0, 0, 1), 1);
        Histories.apply(rows, 1, 1, new EntryHeader(100, List.of(old), List.of()));
        AppendPart young = part(rows, 0, Histories.batch(1, 5, 0, 0, 1), 1);
        Histories.apply(rows, 1, 2, new EntryHeader(200, List.of(young), List.of()));

        assertThat(Histories.execute(rows, 300, new ShardCommand.ExpireProducers(200)))
                .isEqualTo(new CommandResult.ProducersExpired(1, false));
        assertThat(ProducerRow.get(rows, old.partition(), 4)).isNull();
        assertThat(ProducerRow.get(rows, old.partition(), 5)).isNotNull();
    }

    @Seeds(40)
    void makesTheSameRowsOfTheSameEntries(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemoryRows one = Histories.withPartitions(3);
        MemoryRows other = Histories.withPartitions(3);
        for (int index = 1; index <= 60; index++) {
            List<AppendPart> parts = new ArrayList<>();
            int partition = random.nextInt(3);
            if (random.nextInt(4) > 0) {
                parts.add(part(
                        one,
                        partition,
                        Histories.batch(random.nextInt(1, 5), random.nextInt(2), 0, index, random.nextInt(9)),
                        1 + index / 20));
            }
            List<ShardCommand> commands = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                commands.add(command(random, partition + 1));
            }
            EntryHeader header = new EntryHeader(1000 + index, parts, commands);
            EntryResult first = Histories.apply(one, 1 + index / 20, index, header);
            EntryHeader sent = HeaderCodec.decode(HeaderCodec.encode(header));
            assertThat(sent).isEqualTo(header);
            assertThat(Histories.apply(other, 1 + index / 20, index, sent)).isEqualTo(first);
        }
        assertThat(Histories.dump(other)).isEqualTo(Histories.dump(one));
    }

    private static ShardCommand command(SplittableRandom random, int handle) {
        UUID group = new UUID(0, random.nextInt(3));
        return switch (random.nextInt(7)) {
            case 0 -> new ShardCommand.InitPosition(handle, group, 0);
            case 1 -> new ShardCommand.ClaimPosition(handle, group, new UUID(1, random.nextInt(2)), 0);
            case 2 -> new ShardCommand.CommitPosition(handle, group, random.nextInt(3), random.nextInt(9), 1, "m");
            case 3 -> new ShardCommand.SetPosition(handle, group, random.nextInt(4), random.nextInt(5));
            case 4 -> new ShardCommand.CreateGroup("g" + random.nextInt(3), group);
            case 5 -> new ShardCommand.DropGroup(group);
            default -> new ShardCommand.ExpireProducers(1000 + random.nextInt(60));
        };
    }
}
