package io.millrace.cli.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.testing.Seeds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineReaderTest {

    private static List<String> lines(String text, int maxLineBytes) throws IOException {
        return lines(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), maxLineBytes);
    }

    private static List<String> lines(InputStream in, int maxLineBytes) throws IOException {
        LineReader reader = new LineReader(in, maxLineBytes);
        List<String> lines = new ArrayList<>();
        while (reader.next()) {
            lines.add(
                    reader.tooLong()
                            ? "(too long)"
                            : new String(reader.buffer(), reader.start(), reader.length(), StandardCharsets.UTF_8));
            assertThat(reader.lineNumber()).isEqualTo(lines.size());
        }
        return lines;
    }

    @Test
    void readsLinesWithEveryKindOfEnd() throws IOException {
        assertThat(lines("a\nbb\r\n\nccc", 10)).containsExactly("a", "bb", "", "ccc");
        assertThat(lines("a\n", 10)).containsExactly("a");
        assertThat(lines("\n\r\n", 10)).containsExactly("", "");
        assertThat(lines("", 10)).isEmpty();
        assertThat(lines("a\rb\n", 10)).containsExactly("a\rb");
    }

    @Test
    void dropsByteOrderMarkOfTheFirstLineOnly() throws IOException {
        assertThat(lines("\uFEFFa\n\uFEFFb\n", 10)).containsExactly("a", "\uFEFFb");
    }

    @Test
    void passesOverLineAboveTheLimitAndGoesOn() throws IOException {
        assertThat(lines("1234\n12345\n123456789012\nok\r\n1234567", 4))
                .containsExactly("1234", "(too long)", "(too long)", "ok", "(too long)");
    }

    @Test
    void holdsNoMoreThanTheLimitOfAnEndlessLine() throws IOException {
        InputStream endless = new InputStream() {
            private long left = 200_000_000;

            @Override
            public int read() {
                return left-- > 0 ? 'x' : -1;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                int count = (int) Math.min(length, left);
                left -= count;
                return count == 0 ? -1 : count;
            }
        };
        LineReader reader = new LineReader(endless, 1000);
        assertThat(reader.next()).isTrue();
        assertThat(reader.tooLong()).isTrue();
        assertThat(reader.buffer().length).isLessThanOrEqualTo(1002);
        assertThat(reader.next()).isFalse();
    }

    @Seeds(200)
    void agreesWithSplittingWhateverTheChunksOfTheStream(long seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        List<String> expected = new ArrayList<>();
        int limit = 1 + random.nextInt(40);
        int count = random.nextInt(30);
        for (int i = 0; i < count; i++) {
            String line = "x".repeat(random.nextInt(80));
            expected.add(line.length() > limit ? "(too long)" : line);
            text.append(line).append(random.nextBoolean() ? "\n" : "\r\n");
        }
        InputStream chunks = new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)) {
            @Override
            public int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(17)));
            }
        };
        assertThat(lines(chunks, limit)).isEqualTo(expected);
    }
}
