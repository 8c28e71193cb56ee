package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.RecordFormat;
import io.millrace.cli.source.RecordSource;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.TopicPartition;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prints records until it is told enough: so many, or the ends that were there when it began, or an interrupt. Commits only what has left for the reader, so that a group may see a record
 * again after a crash but never misses one. For one thread; {@link #stop} may be called from any.
 */
final class ConsumeRun {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final long COMMIT_PAUSE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final int OUTPUT_BUFFER_BYTES = 64 << 10;

    /**
     * When to stop.
     *
     * @param max after so many records
     * @param follow never at the end
     * @param ends one above the last offset to print, of each partition
     */
    record Limits(long max, boolean follow, Map<TopicPartition, Long> ends) {}

    /** Why it stopped. */
    enum Outcome {
        DONE,
        INTERRUPTED,
        /** Nobody reads the output any more, as behind {@code | head}. */
        READER_GONE
    }

    private final Terminal terminal;
    private final RecordSource source;
    private final RecordFormat format;
    private final Limits limits;
    private final OutputStream out;
    private final Map<TopicPartition, Long> printed = new HashMap<>();
    private final Set<TopicPartition> open = new HashSet<>();
    private final long startNanos;
    private long lastCommitNanos;
    private long records;
    private volatile boolean stopped;

    /** @param positions where each partition begins */
    ConsumeRun(
            Terminal terminal,
            RecordSource source,
            RecordFormat format,
            Limits limits,
            Map<TopicPartition, Long> positions) {
        this.terminal = terminal;
        this.source = source;
        this.format = format;
        this.limits = limits;
        this.out = new BufferedOutputStream(terminal.rawOut(), OUTPUT_BUFFER_BYTES);
        this.startNanos = terminal.nanos().getAsLong();
        this.lastCommitNanos = startNanos;
        if (!limits.follow()) {
            limits.ends().forEach((partition, end) -> {
                if (positions.getOrDefault(partition, 0L) < end) {
                    open.add(partition);
                }
            });
        }
    }

    void stop() {
        stopped = true;
    }

    Outcome run() {
        try {
            while (!stopped && records < limits.max() && (limits.follow() || !open.isEmpty())) {
                List<ConsumerRecord> polled = source.poll(POLL);
                for (ConsumerRecord record : polled) {
                    if (records >= limits.max()) {
                        break;
                    }
                    print(record);
                }
                out.flush();
                open.removeIf(partition -> source.position(partition) >= end(partition));
                commitNowAndThen();
            }
            out.flush();
        } catch (IOException e) {
            // What was printed since the last commit may not have arrived, so it is not committed.
            return Outcome.READER_GONE;
        }
        source.commit(printed);
        return stopped ? Outcome.INTERRUPTED : Outcome.DONE;
    }

    private void print(ConsumerRecord record) throws IOException {
        TopicPartition partition = record.topicPartition();
        if (record.offset() >= end(partition)) {
            return;
        }
        format.write(record, out);
        printed.put(partition, record.offset() + 1);
        records++;
    }

    private long end(TopicPartition partition) {
        return limits.follow() ? Long.MAX_VALUE : limits.ends().getOrDefault(partition, 0L);
    }

    private void commitNowAndThen() {
        long now = terminal.nanos().getAsLong();
        if (now - lastCommitNanos >= COMMIT_PAUSE_NANOS) {
            source.commit(printed);
            lastCommitNanos = now;
        }
    }

    String summary(String topic, @Nullable String group) {
        Duration took = Duration.ofNanos(terminal.nanos().getAsLong() - startNanos);
        return Figures.count(records, "record") + " of " + topic + " in " + Figures.duration(took) + ", "
                + Figures.rate(records, took) + (group == null ? "" : "; committed for group " + group);
    }
}
