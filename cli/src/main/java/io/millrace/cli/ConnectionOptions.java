package io.millrace.cli;

import io.millrace.client.ClientConfig;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How a command reaches the cluster. */
final class ConnectionOptions {
    static final String DEFAULT_BOOTSTRAP = "127.0.0.1:7070";

    /** That of the client library; a test holds them equal. */
    private static final String DEFAULT_TIMEOUT_SECONDS = "30";

    @Option(
            names = {"-b", "--bootstrap"},
            paramLabel = "HOST:PORT",
            defaultValue = "${env:MILLRACE_BOOTSTRAP:-" + DEFAULT_BOOTSTRAP + "}",
            description = "Brokers to ask first, one or more with commas between them; any will do. Else the variable"
                    + " MILLRACE_BOOTSTRAP, else " + DEFAULT_BOOTSTRAP + ".")
    String bootstrap = DEFAULT_BOOTSTRAP;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = DEFAULT_TIMEOUT_SECONDS,
            description = "How long to wait for an answer, retries included. Default: ${DEFAULT-VALUE}.")
    double timeoutSeconds = Double.parseDouble(DEFAULT_TIMEOUT_SECONDS);

    /** Connects when the first call is made. */
    MillraceClient open() {
        Duration timeout = timeout();
        ClientConfig config;
        try {
            config = ClientConfig.builder()
                    .bootstrap(bootstrap)
                    .clientId("millrace-cli")
                    .requestTimeout(timeout)
                    .connectTimeout(timeout.compareTo(Duration.ofSeconds(5)) < 0 ? timeout : Duration.ofSeconds(5))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, "--bootstrap " + bootstrap + ": " + e.getMessage(), e);
        }
        return Millrace.connect(config);
    }

    Duration timeout() {
        if (!(timeoutSeconds >= 0.001 && timeoutSeconds <= 3600)) {
            throw new CliException(
                    ExitCode.USAGE, "--timeout must be between 0.001 and 3600 seconds, not " + timeoutSeconds);
        }
        return Duration.ofMillis(Math.max(1, (long) (timeoutSeconds * 1000)));
    }
}
