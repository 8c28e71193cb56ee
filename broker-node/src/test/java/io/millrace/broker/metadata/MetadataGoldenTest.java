package io.millrace.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.internal.v1.MetadataEntry;
import io.millrace.internal.v1.TakeProducerIds;
import io.millrace.storage.Family;
import io.millrace.storage.index.MemoryRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Holds the bytes of metadata entries and rows equal to those of the first format; {@code -Dmillrace.rewrite=true} writes them anew, which
 * is right only before a release.
 */
final class MetadataGoldenTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden", "v1", "metadata.txt");

    private static ClusterImage image() {
        ClusterImage image = ClusterImageTest.formed(2);
        image = ClusterImageTest.changed(image.register(new BrokerEntry(
                1,
                "rack-a",
                List.of(new BrokerEntry.Listener("millrace", "grpc", "plaintext", "localhost", 7070)),
                77,
                BrokerEntry.State.ACTIVE,
                List.of())));
        image = ClusterImageTest.changed(image.create(new ClusterImage.NewTopic(
                new UUID(2, 3),
                "",
                "flights",
                3,
                1,
                Placement.RANGES,
                Map.of("timestamp.type", "LogAppendTime"),
                Map.of("segment.bytes", "1"),
                List.of("keys"))));
        image = ClusterImageTest.changed(image.ready(new UUID(2, 3)));
        return ClusterImageTest.changed(image.takeProducerIds(1_000));
    }

    private static String text() {
        StringBuilder text = new StringBuilder();
        HexFormat hex = HexFormat.of();
        MemoryRows rows = new MemoryRows();
        MetadataRows.write(rows, ClusterImage.EMPTY, image());
        rows.scan(Family.COORDINATOR, new byte[0], new byte[] {(byte) 0xFF}, (key, value) -> {
            text.append("row ")
                    .append(hex.formatHex(key))
                    .append(' ')
                    .append(hex.formatHex(value))
                    .append('\n');
            return true;
        });
        text.append("entry ")
                .append(hex.formatHex(MetadataEntry.newBuilder()
                        .setFormat(1)
                        .setTimeMicros(5)
                        .setCreateTopic(MetadataCodec.intent(ClusterImageTest.topic(7, "orders", 4)))
                        .build()
                        .toByteArray()))
                .append("\nentry ")
                .append(hex.formatHex(MetadataEntry.newBuilder()
                        .setFormat(1)
                        .setTimeMicros(6)
                        .setTakeProducerIds(TakeProducerIds.newBuilder().setCount(1_000))
                        .build()
                        .toByteArray()))
                .append('\n');
        return text.toString();
    }

    @Test
    void bytesAreThoseOfTheFirstFormat() throws IOException {
        if (Boolean.getBoolean("millrace.rewrite")) {
            Files.createDirectories(GOLDEN.getParent());
            Files.writeString(GOLDEN, text());
        }
        assertThat(GOLDEN).hasContent(text());
    }

    @Test
    void rowsOfTheFirstFormatReadBack() throws IOException {
        MemoryRows rows = new MemoryRows();
        for (String line : Files.readAllLines(GOLDEN)) {
            String[] words = line.split(" ");
            if (words[0].equals("row")) {
                rows.put(
                        Family.COORDINATOR,
                        HexFormat.of().parseHex(words[1]),
                        HexFormat.of().parseHex(words[2]));
            }
        }
        assertThat(MetadataRows.read(rows)).isEqualTo(image());
    }

    @Test
    void aHomeSlotNeverMoves() {
        ClusterImage image = ClusterImageTest.formed(4);
        assertThat(List.of(
                        image.homeShard("readers"), image.homeShard("a"), image.homeShard(""), image.homeShard("zz")))
                .isEqualTo(List.of(SLOT_READERS, SLOT_A, SLOT_EMPTY, SLOT_ZZ));
    }

    private static final int SLOT_READERS = 1;
    private static final int SLOT_A = 1;
    private static final int SLOT_EMPTY = 1;
    private static final int SLOT_ZZ = 4;
}
