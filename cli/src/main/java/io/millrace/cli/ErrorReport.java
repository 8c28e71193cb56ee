package io.millrace.cli;

import io.millrace.client.MillraceException;
import io.millrace.error.Effect;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * What a person is told of an exception.
 *
 * @param message what happened
 * @param hint what to do; empty where nothing is known
 */
record ErrorReport(ExitCode exitCode, String message, String hint) {

    /** @param bootstrap where the command looked for a broker; {@code null}: it did not */
    static ErrorReport of(Throwable error, @Nullable String bootstrap) {
        if (error instanceof CliException own) {
            return new ErrorReport(own.exitCode(), text(error), "");
        }
        if (error instanceof MillraceException failure) {
            return of(failure, bootstrap == null ? "" : bootstrap);
        }
        if (error instanceof NoSuchFileException || error instanceof FileNotFoundException) {
            return new ErrorReport(ExitCode.NOT_FOUND, "there is no file " + error.getMessage(), "");
        }
        if (error instanceof AccessDeniedException) {
            return new ErrorReport(ExitCode.FAILURE, "no permission for " + error.getMessage(), "");
        }
        if (error instanceof IOException) {
            return new ErrorReport(ExitCode.FAILURE, text(error), "");
        }
        return new ErrorReport(
                ExitCode.FAILURE,
                error.getClass().getSimpleName() + ": " + text(error),
                "This looks like a bug. The option --debug shows where it happened.");
    }

    private static ErrorReport of(MillraceException failure, String bootstrap) {
        String hint = switch (failure.code()) {
            case UNKNOWN_TOPIC -> "'millrace topic list' shows the topics; 'millrace topic create NAME' makes one.";
            case UNKNOWN_PARTITION -> "'millrace topic describe TOPIC' shows the partitions.";
            case UNKNOWN_GROUP -> "A group exists from its first 'millrace consume --group' on.";
            case TOPIC_ALREADY_EXISTS -> "The option --if-not-exists takes it as it is.";
            case OFFSET_OUT_OF_RANGE ->
                "'millrace topic describe TOPIC' shows what can be read; --from start begins there.";
            case SHARD_UNAVAILABLE, DEADLINE_EXCEEDED, NOT_LEADER, STOPPING ->
                bootstrap.isEmpty()
                        ? ""
                        : "Does a broker run at " + bootstrap
                                + "? 'millrace broker --data DIR' starts one; --bootstrap names another.";
            case INTERNAL -> "This looks like a bug. The broker's log has more.";
            default -> "";
        };
        if (failure.effect() == Effect.UNKNOWN) {
            hint = (hint + " It may have taken effect all the same: look before you repeat it.").trim();
        }
        return new ErrorReport(exitCode(failure), text(failure), hint);
    }

    private static ExitCode exitCode(MillraceException failure) {
        return switch (failure.code()) {
            case UNKNOWN_TOPIC, UNKNOWN_PARTITION, UNKNOWN_GROUP -> ExitCode.NOT_FOUND;
            case INTERNAL, CORRUPT, CANCELLED, DAMAGED_DIRECTORY -> ExitCode.FAILURE;
            default -> failure.isRetryable() ? ExitCode.UNAVAILABLE : ExitCode.REFUSED;
        };
    }

    private static String text(Throwable error) {
        String message = error.getMessage();
        return message == null ? error.getClass().getSimpleName() : message;
    }
}
