package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.output.RecordFormat;
import io.millrace.cli.source.RecordSource;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.TopicPartition;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsumeRunTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);

    private final FakeTerminal fake = new FakeTerminal();
    private final ListSource source = new ListSource();

    /** Hands out what was put in, one answer a poll. */
    private static final class ListSource implements RecordSource {
        private final Deque<List<ConsumerRecord>> answers = new ArrayDeque<>();
        private final Map<TopicPartition, Long> positions = new HashMap<>();
        private final List<Map<TopicPartition, Long>> commits = new ArrayList<>();

        @Override
        public List<ConsumerRecord> poll(Duration timeout) {
            List<ConsumerRecord> answer = answers.isEmpty() ? List.of() : answers.remove();
            answer.forEach(record -> positions.put(record.topicPartition(), record.offset() + 1));
            return answer;
        }

        @Override
        public long position(TopicPartition partition) {
            return positions.getOrDefault(partition, 0L);
        }

        @Override
        public void commit(Map<TopicPartition, Long> committed) {
            commits.add(Map.copyOf(committed));
        }
    }

    private static ConsumerRecord record(int partition, long offset) {
        byte[] value = (partition + "/" + offset).getBytes(StandardCharsets.UTF_8);
        return new ConsumerRecord("t", partition, offset, 0, null, value, List.of(), 0);
    }

    private ConsumeRun run(Terminal terminal, ConsumeRun.Limits limits) {
        return new ConsumeRun(terminal, source, RecordFormat.value(), limits, Map.of(P0, 0L, P1, 0L));
    }

    @Test
    void printsUpToTheEndsAndCommitsWhatItPrinted() {
        source.answers.add(List.of(record(0, 0), record(1, 0), record(0, 1)));
        source.answers.add(List.of(record(0, 2), record(1, 1), record(1, 2)));
        ConsumeRun run = run(fake.plain(), new ConsumeRun.Limits(Long.MAX_VALUE, false, Map.of(P0, 2L, P1, 2L)));
        assertThat(run.run()).isEqualTo(ConsumeRun.Outcome.DONE);
        assertThat(fake.out()).isEqualTo("0/0\n1/0\n0/1\n1/1\n");
        assertThat(source.commits).containsExactly(Map.of(P0, 2L, P1, 2L));
        assertThat(run.summary("t", "g")).startsWith("4 records of t in").endsWith("committed for group g");
    }

    @Test
    void endsAtOnceWhereThereIsNothing() {
        ConsumeRun run = run(fake.plain(), new ConsumeRun.Limits(Long.MAX_VALUE, false, Map.of(P0, 0L, P1, 0L)));
        assertThat(run.run()).isEqualTo(ConsumeRun.Outcome.DONE);
        assertThat(fake.out()).isEmpty();
    }

    @Test
    void endsWherePositionMovesOverOffsetsWithoutRecord() {
        source.answers.add(List.of(record(0, 0)));
        source.positions.put(P1, 5L);
        ConsumeRun run = run(fake.plain(), new ConsumeRun.Limits(Long.MAX_VALUE, false, Map.of(P0, 1L, P1, 5L)));
        assertThat(run.run()).isEqualTo(ConsumeRun.Outcome.DONE);
        assertThat(fake.out()).isEqualTo("0/0\n");
    }

    @Test
    void stopsAfterTheMostAndCommitsNoMore() {
        source.answers.add(List.of(record(0, 0), record(0, 1), record(0, 2)));
        ConsumeRun run = run(fake.plain(), new ConsumeRun.Limits(2, true, Map.of()));
        assertThat(run.run()).isEqualTo(ConsumeRun.Outcome.DONE);
        assertThat(fake.out()).isEqualTo("0/0\n0/1\n");
        assertThat(source.commits).containsExactly(Map.of(P0, 2L));
    }

    @Test
    void commitsNothingThatTheReaderMayNotHaveSeen() {
        source.answers.add(List.of(record(0, 0)));
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        Terminal plain = fake.plain();
        Terminal broken = new Terminal(
                plain.in(), gone, plain.out(), plain.err(), false, false, false, Map.of(), plain.nanos(), null);
        ConsumeRun run = run(broken, new ConsumeRun.Limits(Long.MAX_VALUE, true, Map.of()));
        assertThat(run.run()).isEqualTo(ConsumeRun.Outcome.READER_GONE);
        assertThat(source.commits).isEmpty();
    }

    @Test
    void commitsWhatWasPrintedWhenItIsInterrupted() {
        RecordSource interrupting = new RecordSource() {
            @Override
            public List<ConsumerRecord> poll(Duration timeout) {
                running[0].stop();
                return List.of(record(0, 0));
            }

            @Override
            public long position(TopicPartition partition) {
                return 0;
            }

            @Override
            public void commit(Map<TopicPartition, Long> committed) {
                source.commit(committed);
            }
        };
        running[0] = new ConsumeRun(
                fake.plain(),
                interrupting,
                RecordFormat.value(),
                new ConsumeRun.Limits(Long.MAX_VALUE, true, Map.of()),
                Map.of());
        assertThat(running[0].run()).isEqualTo(ConsumeRun.Outcome.INTERRUPTED);
        assertThat(fake.out()).isEqualTo("0/0\n");
        assertThat(source.commits).containsExactly(Map.of(P0, 1L));
    }

    private final ConsumeRun[] running = new ConsumeRun[1];
}
