package io.millrace.cli;

import io.millrace.cli.ProduceCommand.OnError;
import io.millrace.cli.ProduceCommand.Sink;
import io.millrace.cli.input.BadLineException;
import io.millrace.cli.input.InputFile;
import io.millrace.cli.input.LineReader;
import io.millrace.cli.input.RecordParser;
import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Progress;
import io.millrace.client.MillraceException;
import io.millrace.client.ProducerRecord;
import io.millrace.error.ErrorCode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines, makes records of them and sends them, and keeps the accounts: every line read is acknowledged, empty, bad or failed, and each but the acknowledged and empty ones is
 * named. One thread runs it; acknowledgements come on threads of the producer; {@link #stop} may be called from any.
 */
final class ProduceRun {
    private static final int SHOWN_BAD_LINES = 10;
    private static final int LINES_PER_UPDATE = 256;

    /** A record that was sent and not stored, by its line. */
    private record Failure(String place, MillraceException error) {}

    private final Terminal terminal;
    private final Sink sink;
    private final RecordParser parser;
    private final OnError onError;
    private final int maxLineBytes;
    private final boolean quiet;
    private final Progress progress;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicReference<@Nullable Failure> firstFailure = new AtomicReference<>();
    private volatile boolean stopped;

    private long lines;
    private long sentBytes;
    private long empty;
    private long bad;
    private @Nullable String stopReason;

    ProduceRun(Terminal terminal, Sink sink, RecordParser parser, OnError onError, int maxLineBytes, boolean quiet) {
        this.terminal = terminal;
        this.sink = sink;
        this.parser = parser;
        this.onError = onError;
        this.maxLineBytes = maxLineBytes;
        this.quiet = quiet;
        this.progress = new Progress(terminal.err(), terminal.errIsTerminal() && !quiet, terminal.nanos(), "records");
    }

    /** Ends the reading; what was sent is still waited for. */
    void stop() {
        stopped = true;
    }

    ExitCode run(String topic, List<String> inputs) throws IOException {
        @Nullable IOException unreadable = null;
        @Nullable MillraceException refused = null;
        try {
            for (String input : inputs) {
                if (ended()) {
                    break;
                }
                read(input);
            }
        } catch (IOException e) {
            unreadable = e;
        } catch (MillraceException e) {
            refused = e;
        }
        sink.flush();
        progress.clear();
        return conclude(topic, unreadable, refused);
    }

    private boolean ended() {
        return stopped || stopReason != null || firstFailure.get() != null;
    }

    private void read(String input) throws IOException {
        try (InputFile file = open(input)) {
            LineReader reader = new LineReader(file.content(), maxLineBytes);
            try {
                while (!ended() && reader.next()) {
                    line(file, reader);
                }
            } catch (EOFException | ZipException e) {
                throw new IOException(
                        file.name() + " is damaged after line " + reader.lineNumber() + ": " + e.getMessage(), e);
            }
        }
    }

    private InputFile open(String input) throws IOException {
        return input.equals("-") ? InputFile.of("(stdin)", terminal.in()) : InputFile.open(Path.of(input));
    }

    private void line(InputFile file, LineReader reader) {
        lines++;
        if (reader.length() == 0 && !reader.tooLong()) {
            empty++;
            return;
        }
        String name = file.name();
        long number = reader.lineNumber();
        try {
            if (reader.tooLong()) {
                throw new BadLineException(
                        "it is longer than " + Figures.count(maxLineBytes) + " bytes (--max-line-bytes)");
            }
            send(parser.parse(reader.buffer(), reader.start(), reader.length()), name, number);
            sentBytes += reader.length();
        } catch (BadLineException e) {
            badLine(name + ":" + number + ": " + e.getMessage());
        }
        if (lines % LINES_PER_UPDATE == 0) {
            double done = file.totalBytes() > 0 ? (double) file.bytesRead() / file.totalBytes() : -1;
            progress.update(acknowledged.get(), done);
        }
    }

    private void send(ProducerRecord record, String name, long number) throws BadLineException {
        try {
            sink.send(record, (metadata, error) -> {
                if (error == null) {
                    acknowledged.incrementAndGet();
                } else {
                    failed.incrementAndGet();
                    firstFailure.compareAndSet(null, new Failure(name + ":" + number, error));
                }
            });
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.BATCH_TOO_LARGE) {
                throw new BadLineException(e.getMessage() == null ? "it is too large" : e.getMessage(), e);
            }
            throw e;
        }
    }

    private void badLine(String message) {
        bad++;
        if (onError == OnError.STOP) {
            stopReason = message;
        } else if (bad <= SHOWN_BAD_LINES) {
            progress.clear();
            terminal.err().println("millrace: skipped " + message);
        } else if (bad == SHOWN_BAD_LINES + 1) {
            progress.clear();
            terminal.err().println("millrace: more bad lines follow; the summary counts them");
        }
    }

    private ExitCode conclude(String topic, @Nullable IOException unreadable, @Nullable MillraceException refused) {
        Duration took = progress.elapsed();
        if (!quiet) {
            terminal.err().println(summary(topic, took));
        }
        Failure failure = firstFailure.get();
        if (failure != null) {
            ErrorReport report = ErrorReport.of(failure.error(), null);
            throw new CliException(
                    report.exitCode(),
                    failure.place() + " was not stored: " + report.message() + "; stopped there, "
                            + Figures.count(failed.get(), "record") + " not stored in all",
                    failure.error());
        }
        if (refused != null) {
            throw refused;
        }
        if (unreadable != null) {
            throw new CliException(ExitCode.FAILURE, unreadable.getMessage() + "; " + before(), unreadable);
        }
        if (stopReason != null) {
            say(stopReason);
            say("stopped there; " + before() + "; --on-error skip goes on behind bad lines");
            return ExitCode.REFUSED;
        }
        return ExitCode.OK;
    }

    private void say(String message) {
        terminal.err().println(terminal.errStyle().bad("millrace: ") + message);
    }

    private String before() {
        return Figures.count(acknowledged.get(), "record") + " before it " + (acknowledged.get() == 1 ? "is" : "are")
                + " stored";
    }

    private String summary(String topic, Duration took) {
        StringBuilder text = new StringBuilder();
        text.append(Figures.count(acknowledged.get(), "record"))
                .append(" stored in ")
                .append(topic);
        text.append(" (").append(Figures.bytes(sentBytes)).append(") in ").append(Figures.duration(took));
        text.append(", ").append(Figures.rate(acknowledged.get(), took));
        if (failed.get() > 0) {
            text.append("; ").append(Figures.count(failed.get())).append(" not stored");
        }
        if (bad > 0 && onError == OnError.SKIP) {
            text.append("; ").append(Figures.count(bad, "bad line")).append(" skipped");
        }
        if (empty > 0) {
            text.append("; ").append(Figures.count(empty, "empty line")).append(" left out");
        }
        if (stopped) {
            text.append("; interrupted after line ").append(Figures.count(lines));
        }
        return text.toString();
    }
}
