package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.testing.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EntryEnvelopeTest {
    private static final EntryEnvelope GOLDEN = new EntryEnvelope(
            0x0102030405060708L, 9, true, 0x10203, 0xcafebabe, "body".getBytes(StandardCharsets.UTF_8));

    @Test
    void writesTheGoldenBytes() throws IOException {
        assertThat(HexFormat.of().formatHex(GOLDEN.encode())).isEqualTo(golden());
        assertSame(EntryEnvelope.decode(ByteBuffer.wrap(HexFormat.of().parseHex(golden()))), GOLDEN);
    }

    private static String golden() throws IOException {
        try (InputStream in = EntryEnvelopeTest.class.getResourceAsStream("entry-envelope-v1.hex")) {
            byte[] all = Objects.requireNonNull(in, "golden file").readAllBytes();
            return new String(all, StandardCharsets.US_ASCII).strip();
        }
    }

    private static void assertSame(EntryEnvelope actual, EntryEnvelope expected) {
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }

    @Seeds(50)
    void readsWhatItWrote(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] body = new byte[random.nextInt(200)];
        random.nextBytes(body);
        boolean hasPayload = random.nextBoolean();
        EntryEnvelope envelope = new EntryEnvelope(
                random.nextLong(),
                random.nextLong(),
                hasPayload,
                hasPayload ? random.nextInt(Integer.MAX_VALUE) : 0,
                hasPayload ? random.nextInt() : 0,
                body);
        ByteBuffer bytes = ByteBuffer.allocate(EntryEnvelope.PREFIX_BYTES + body.length + 3);
        bytes.position(3).put(envelope.encode()).flip().position(3);

        assertSame(EntryEnvelope.decode(bytes), envelope);
        assertThat(bytes.position()).isEqualTo(3);
    }

    @Test
    void refusesWhatANewerVersionWrote() {
        assertRefused(Kind.NEWER_FORMAT, 0, 2);
        assertRefused(Kind.NEWER_FORMAT, 1, 3);
    }

    @Test
    void refusesWhatCannotBeAnEnvelope() {
        assertRefused(Kind.CORRUPT, 0, 0);
        assertRefused(Kind.CORRUPT, 1, 0); // a payload length without a payload
        assertRefused(Kind.CORRUPT, 18, 0x80); // a negative payload length
        assertThatThrownBy(() -> EntryEnvelope.decode(ByteBuffer.wrap(GOLDEN.encode(), 0, 25)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
    }

    private static void assertRefused(Kind kind, int position, int value) {
        byte[] bytes = GOLDEN.encode();
        bytes[position] = (byte) value;
        assertThatThrownBy(() -> EntryEnvelope.decode(ByteBuffer.wrap(bytes)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
}
