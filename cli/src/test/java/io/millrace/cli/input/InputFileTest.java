package io.millrace.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputFileTest {

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return packed.toByteArray();
    }

    private static String text(InputFile file) throws IOException {
        return new String(file.content().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void unpacksGzipWhateverTheName(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("events.ndjson"), gzip("a\nb\n"));
        try (InputFile input = InputFile.open(file)) {
            assertThat(text(input)).isEqualTo("a\nb\n");
            assertThat(input.totalBytes()).isEqualTo(Files.size(file));
            assertThat(input.bytesRead()).isEqualTo(Files.size(file));
        }
    }

    @Test
    void leavesPlainTextAlone(@TempDir Path folder) throws IOException {
        for (String text : new String[] {"", "x", "plain\n"}) {
            Path file = Files.writeString(folder.resolve("events.gz"), text);
            try (InputFile input = InputFile.open(file)) {
                assertThat(text(input)).isEqualTo(text);
            }
        }
    }

    @Test
    void readsEveryPackedMemberOfSlowPipe() throws IOException {
        InputStream slow = new SequenceInputStream(new Trickle(gzip("first\n")), new Trickle(gzip("second\n")));
        try (InputFile input = InputFile.of("(stdin)", slow)) {
            assertThat(text(input)).isEqualTo("first\nsecond\n");
            assertThat(input.totalBytes()).isEqualTo(-1);
        }
    }

    @Test
    void refusesGzipThatIsCutOff() throws IOException {
        byte[] packed = gzip("some text that is long enough to be cut\n");
        byte[] cut = Arrays.copyOf(packed, packed.length - 6);
        try (InputFile input = InputFile.of("(stdin)", new ByteArrayInputStream(cut))) {
            assertThatThrownBy(() -> text(input)).isInstanceOf(EOFException.class);
        }
        byte[] header = Arrays.copyOf(packed, 5);
        assertThatThrownBy(() -> InputFile.of("(stdin)", new ByteArrayInputStream(header)))
                .hasMessage("(stdin) begins as gzip does, but its header is damaged");
    }

    @Test
    void saysThatThereIsNoFile(@TempDir Path folder) {
        assertThatThrownBy(() -> InputFile.open(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    /** Gives a byte at a time and never admits that there are more, as a pipe does. */
    private static final class Trickle extends InputStream {
        private final ByteArrayInputStream bytes;

        Trickle(byte[] bytes) {
            this.bytes = new ByteArrayInputStream(bytes);
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return bytes.read(target, offset, Math.min(1, length));
        }

        @Override
        public int available() {
            return 0;
        }
    }
}
