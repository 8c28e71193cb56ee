package io.millrace.cli;

import io.millrace.cli.input.LinesParser;
import io.millrace.cli.input.NdjsonParser;
import io.millrace.cli.input.RecordParser;
import io.millrace.cli.input.RecordTemplate;
import io.millrace.client.Header;
import io.millrace.client.MillraceClient;
import io.millrace.client.Producer;
import io.millrace.client.ProducerConfig;
import io.millrace.client.ProducerRecord;
import io.millrace.client.SendCallback;
import io.millrace.record.Compression;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "produce",
        header = "Append records from files or pipes.",
        description =
                "Appends a record for each line of the files, or of the standard input. Files packed with gzip are"
                        + " unpacked. A record counts once it is on the disks of a majority.",
        footer = {
            "",
            "Empty lines are left out (the summary counts them); a carriage return before the line's end is dropped.",
            "A bad line stops the run, unless --on-error skip; either way it is named with its file and number.",
            "",
            "Examples:",
            "  millrace produce flights flights.ndjson.gz --key /origin --timestamp /date",
            "  tail -F app.log | millrace produce logs --format lines",
            "  printf 'a:1\\nb:2\\n' | millrace produce letters --format lines --key-separator :",
            "  millrace produce orders orders.ndjson --key /customer/id --header source=batch"
        })
final class ProduceCommand extends ClientCommand {
    enum Format {
        NDJSON,
        LINES
    }

    enum OnError {
        STOP,
        SKIP
    }

    @Parameters(index = "0", paramLabel = "TOPIC", description = "Where the records go.")
    private String topic = "";

    @Parameters(
            index = "1..*",
            paramLabel = "FILE",
            description = "Files to read, in this order; - is the standard input. Default: the standard input.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            defaultValue = "ndjson",
            description = "${COMPLETION-CANDIDATES}; ndjson: a JSON value a line, checked. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.NDJSON;

    @Option(
            names = {"-k", "--key"},
            paramLabel = "POINTER",
            description = "JSON pointer to the key, such as /origin or /user/id.")
    private @Nullable String keyPointer;

    @Option(
            names = {"-t", "--timestamp"},
            paramLabel = "POINTER",
            description = "JSON pointer to the record's time: ISO 8601 with a zone (2001-01-01T00:01Z), or milliseconds"
                    + " since the epoch. Default: the time of the send.")
    private @Nullable String timePointer;

    @Option(
            names = "--key-separator",
            paramLabel = "TEXT",
            description = "With --format lines: what stands between key and value, such as : or \\t.")
    private @Nullable String keySeparator;

    @Option(
            names = "--partition",
            paramLabel = "N",
            description = "All records go to this partition. Default: by their key.")
    private @Nullable Integer partition;

    @Option(
            names = {"-H", "--header"},
            paramLabel = "KEY=VALUE",
            description = "A header for every record; may be repeated.")
    private List<String> headers = new ArrayList<>();

    @Option(
            names = {"-z", "--compression"},
            paramLabel = "CODEC",
            defaultValue = "none",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Compression compression = Compression.NONE;

    @Option(
            names = "--on-error",
            paramLabel = "WHAT",
            defaultValue = "stop",
            description = "What to do at a bad line: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private OnError onError = OnError.STOP;

    @Option(
            names = "--max-line-bytes",
            paramLabel = "N",
            defaultValue = "4000000",
            description = "A longer line is a bad line. Default: ${DEFAULT-VALUE}.")
    private int maxLineBytes = 4_000_000;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress and no summary; errors alone.")
    private boolean quiet;

    ProduceCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected void check() {
        if (format == Format.LINES && (keyPointer != null || timePointer != null)) {
            throw usage("--key and --timestamp are JSON pointers: they need --format ndjson"
                    + (keyPointer != null ? "; for lines there is --key-separator" : ""));
        }
        if (format == Format.NDJSON && keySeparator != null) {
            throw usage("--key-separator needs --format lines; for JSON there is --key POINTER");
        }
        if (partition != null && partition < 0) {
            throw usage("--partition must be 0 or more, not " + partition);
        }
        if (maxLineBytes < 1 || maxLineBytes > 64_000_000) {
            throw usage("--max-line-bytes must be between 1 and 64000000, not " + maxLineBytes);
        }
        parser();
        for (String file : files) {
            if (!file.equals("-") && !Files.exists(Path.of(file))) {
                throw new CliException(ExitCode.NOT_FOUND, "there is no file " + file);
            }
        }
    }

    private RecordParser parser() {
        RecordTemplate template = new RecordTemplate(topic, partition, headers());
        try {
            return format == Format.LINES
                    ? new LinesParser(template, keySeparator == null ? null : keySeparator.replace("\\t", "\t"))
                    : new NdjsonParser(template, keyPointer, timePointer);
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private List<Header> headers() {
        List<Header> parsed = new ArrayList<>();
        for (String header : headers) {
            int at = header.indexOf('=');
            if (at < 1) {
                throw usage("--header must be KEY=VALUE, not \"" + header + "\"");
            }
            parsed.add(Header.of(header.substring(0, at), header.substring(at + 1)));
        }
        return List.copyOf(parsed);
    }

    @Override
    protected ExitCode run(MillraceClient client) throws Exception {
        ProducerConfig config = ProducerConfig.builder()
                .compression(compression)
                .maxBlock(connection.timeout())
                .build();
        List<String> inputs = files.isEmpty() ? List.of("-") : files;
        if (inputs.contains("-") && terminal.inIsTerminal() && !quiet) {
            terminal.err().println("Reading lines from the terminal; Ctrl-D ends them.");
        }
        try (Producer producer = client.newProducer(config)) {
            ProduceRun run =
                    new ProduceRun(terminal, new ProducerSink(producer), parser(), onError, maxLineBytes, quiet);
            return Interruption.during(() -> run.run(topic, inputs), run::stop);
        }
    }

    /** Where the records go. */
    interface Sink {
        void send(ProducerRecord record, SendCallback callback);

        /** Waits until all that was sent is acknowledged or has failed. */
        void flush();
    }

    private record ProducerSink(Producer producer) implements Sink {
        @Override
        public void send(ProducerRecord record, SendCallback callback) {
            producer.send(record, callback);
        }

        @Override
        public void flush() {
            producer.flush();
        }
    }
}
