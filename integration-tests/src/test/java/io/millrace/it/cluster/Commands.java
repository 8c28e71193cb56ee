package io.millrace.it.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Commands of the operating system, each waited for. */
final class Commands {
    private Commands() {}

    /** Runs one that must succeed. */
    static void run(String... command) {
        Result result = attempt(command);
        if (result.code() != 0) {
            throw new IllegalStateException(List.of(command) + " ended with " + result.code() + ": " + result.output());
        }
    }

    record Result(int code, String output) {}

    /** Runs one that may fail; 127: there is no such command. */
    static Result attempt(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(List.of(command) + " did not end");
            }
            return new Result(process.exitValue(), output.trim());
        } catch (IOException e) {
            return new Result(127, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
