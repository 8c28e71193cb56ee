package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import io.millrace.storage.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Bytes that stand on disks: what was once written stays readable, and the newest version of each is written as it always was. */
class FormatsTest {
    private static final UUID GROUP = new UUID(0x0102_0304_0506_0708L, 0x090a_0b0c_0d0e_0f10L);
    private static final UUID MEMBER = new UUID(-1, 1);

    private static final Partition PARTITION =
            new Partition(Histories.partition(3), 1, 5, 100, 110, 120, 119, 9, 4096, 17, 1_700_000_000_123L, -77, 100);
    /** As version 1 had it: the checksum begins where the row ends. */
    private static final Partition PARTITION_1 = new Partition(
            Histories.partition(3),
            1,
            5,
            100,
            110,
            120,
            119,
            9,
            4096,
            17,
            1_700_000_000_123L,
            RollingChecksum.START,
            120);

    private static final Producer PRODUCER = new Producer(
            (short) 3, 0, -1, List.of(new Producer.Batch(0, 4, 100, 77), new Producer.Batch(5, 5, 105, 88)));
    private static final Position POSITION =
            new Position(42, 7, MEMBER, 17, "note é", 123_456, Position.Origin.COMMITTED);
    private static final Position UNOWNED = new Position(0, 0, null, -1, "", 1, Position.Origin.INITIAL);
    private static final Group A_GROUP = new Group(GROUP, "billing", Group.Kind.SHARE, 2);

    private static final EntryHeader HEADER = new EntryHeader(
            1_700_000_000_000_001L,
            List.of(new AppendPart(
                    1, 1000, 4, 5, 333, 0, 0xCAFEBABE, (short) 2, 77, (short) 3, 12, 1_700_000_000_123L, 17, 0, true)),
            List.of(
                    new ShardCommand.CreatePartitions(
                            List.of(new ShardCommand.NewPartition(Histories.partition(2), 5, 100))),
                    new ShardCommand.DropPartitions(Histories.TOPIC),
                    new ShardCommand.CreateGroup("billing", GROUP),
                    new ShardCommand.DropGroup(GROUP),
                    new ShardCommand.InitPosition(1, GROUP, 5),
                    new ShardCommand.ClaimPosition(1, GROUP, MEMBER, 3),
                    new ShardCommand.CommitPosition(1, GROUP, 3, 9, -1, "note é"),
                    new ShardCommand.SetPosition(1, GROUP, 4, 0),
                    new ShardCommand.ExpireProducers(99),
                    new ShardCommand.TakeSums(GROUP)));
    /** Before replicas could be compared. */
    private static final EntryHeader HEADER_1 = new EntryHeader(
            HEADER.timeMicros(),
            HEADER.parts(),
            HEADER.commands().stream()
                    .filter(command -> !(command instanceof ShardCommand.TakeSums))
                    .toList());

    private static Map<String, byte[]> written() {
        Map<String, byte[]> all = new TreeMap<>();
        all.put("entry-header", HeaderCodec.encode(HEADER));
        all.put("group", GroupRow.encode(A_GROUP));
        all.put("partition", PartitionRow.encode(PARTITION));
        all.put("position", PositionRow.encode(POSITION));
        all.put("position-unowned", PositionRow.encode(UNOWNED));
        all.put("producer", ProducerRow.encode(PRODUCER));
        all.put("key-epoch", EpochRow.key(1, 17));
        all.put("key-group", GroupRow.key(GROUP));
        all.put("key-partition", PartitionRow.key(1));
        all.put("key-position", PositionRow.key(1, GROUP));
        all.put("key-producer", ProducerRow.key(1, 77));
        return all;
    }

    private static Map<String, byte[]> golden(int version) throws IOException {
        Map<String, byte[]> all = new TreeMap<>();
        try (InputStream in = FormatsTest.class.getResourceAsStream("/golden/v" + version + "/state.txt")) {
            assertThat(in).isNotNull();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                String[] parts = line.strip().split(" ");
                all.put(parts[0], HexFormat.of().parseHex(parts[1]));
            }
        }
        return all;
    }

    @Test
    void writesWhatItAlwaysWrote() throws Exception {
        Map<String, byte[]> golden = golden(2);
        Map<String, byte[]> written = written();
        StringBuilder text = new StringBuilder();
        written.forEach((name, bytes) -> text.append(name)
                .append(' ')
                .append(HexFormat.of().formatHex(bytes))
                .append('\n'));
        assertThat(golden.keySet()).as("now:\n%s", text).isEqualTo(written.keySet());
        written.forEach((name, bytes) ->
                assertThat(bytes).as("%s; now:\n%s", name, text).isEqualTo(golden.get(name)));
    }

    @Test
    void readsWhatItOnceWrote() throws Exception {
        Map<String, byte[]> golden = golden(2);
        assertThat(HeaderCodec.decode(bytes(golden, "entry-header"))).isEqualTo(HEADER);
        assertThat(PartitionRow.decode(1, bytes(golden, "partition"))).isEqualTo(PARTITION);
        Map<String, byte[]> golden1 = golden(1);
        assertThat(HeaderCodec.decode(bytes(golden1, "entry-header"))).isEqualTo(HEADER_1);
        assertThat(PartitionRow.decode(1, bytes(golden1, "partition"))).isEqualTo(PARTITION_1);
        assertThat(GroupRow.decode(GROUP, bytes(golden, "group"))).isEqualTo(A_GROUP);
        assertThat(PositionRow.decode(bytes(golden, "position"))).isEqualTo(POSITION);
        assertThat(PositionRow.decode(bytes(golden, "position-unowned"))).isEqualTo(UNOWNED);
        assertThat(ProducerRow.decode(bytes(golden, "producer"))).isEqualTo(PRODUCER);
    }

    private static byte[] bytes(Map<String, byte[]> golden, String name) {
        byte[] bytes = golden.get(name);
        if (bytes == null) {
            throw new AssertionError("no golden bytes of " + name);
        }
        return bytes;
    }

    @Test
    void coversEveryCommand() {
        assertThat(HEADER.commands())
                .extracting(Object::getClass)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(ShardCommand.class.getPermittedSubclasses())
                        .map(each -> (Class<?>) each)
                        .toList());
    }

    @Test
    void refusesRowsThatAreNewerOrBroken() {
        refuses(2, GroupRow.encode(A_GROUP), value -> GroupRow.decode(GROUP, value));
        refuses(3, PartitionRow.encode(PARTITION), value -> PartitionRow.decode(1, value));
        refuses(2, PositionRow.encode(POSITION), PositionRow::decode);
        refuses(2, ProducerRow.encode(PRODUCER), ProducerRow::decode);
    }

    private static void refuses(int newerVersion, byte[] value, Function<byte[], Object> decode) {
        byte[] newer = value.clone();
        newer[0] = (byte) newerVersion;
        assertKind(StorageException.Kind.NEWER_FORMAT, newer, decode);
        for (int length = 0; length < value.length; length++) {
            assertKind(StorageException.Kind.CORRUPT, Arrays.copyOf(value, length), decode);
        }
        assertKind(StorageException.Kind.CORRUPT, Arrays.copyOf(value, value.length + 1), decode);
    }

    private static void assertKind(StorageException.Kind kind, byte[] value, Function<byte[], Object> decode) {
        assertThatThrownBy(() -> decode.apply(value))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void refusesEntriesThatItDoesNotUnderstandInFull() throws Exception {
        io.millrace.internal.v1.EntryHeader known =
                io.millrace.internal.v1.EntryHeader.parseFrom(HeaderCodec.encode(HEADER));
        UnknownFieldSet strange = UnknownFieldSet.newBuilder()
                .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();
        io.millrace.internal.v1.ShardCommand empty = io.millrace.internal.v1.ShardCommand.getDefaultInstance();
        List<io.millrace.internal.v1.EntryHeader> refused = List.of(
                known.toBuilder().setFormat(2).build(),
                known.toBuilder().setFormat(0).build(),
                known.toBuilder().setUnknownFields(strange).build(),
                known.toBuilder()
                        .setParts(0, known.getParts(0).toBuilder().setUnknownFields(strange))
                        .build(),
                known.toBuilder()
                        .setCommands(0, known.getCommands(0).toBuilder().setUnknownFields(strange))
                        .build(),
                known.toBuilder()
                        .setCommands(
                                5,
                                known.getCommands(5).toBuilder()
                                        .setClaimPosition(known.getCommands(5).getClaimPosition().toBuilder()
                                                .setUnknownFields(strange)))
                        .build(),
                known.toBuilder().addCommands(empty).build(),
                known.toBuilder()
                        .setParts(0, known.getParts(0).toBuilder().setLength(0))
                        .build());
        for (io.millrace.internal.v1.EntryHeader header : refused) {
            assertThatThrownBy(() -> HeaderCodec.decode(header.toByteArray()))
                    .isInstanceOf(UnknownEntryException.class);
        }
        assertThatThrownBy(() -> HeaderCodec.decode(new byte[] {-1, -1, -1})).isInstanceOf(UnknownEntryException.class);
    }
}
