package io.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode.Retry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Holds {@code docs/errors.md} equal to the catalogue; {@code -Dmillrace.rewrite=true} writes it anew. */
final class ErrorReferenceTest {
    private static final Path PAGE = Path.of("..", "docs", "errors.md");

    @Test
    void pageSaysWhatTheCatalogueSays() throws IOException {
        String rendered = markdown();
        if (Boolean.getBoolean("millrace.rewrite")) {
            Files.writeString(PAGE, rendered);
        }
        assertThat(PAGE).hasContent(rendered);
    }

    @Test
    void pageNamesEveryErrorOnce() {
        String page = markdown();
        assertThat(ErrorCode.values())
                .allSatisfy(
                        code -> assertThat(page).containsOnlyOnce("| " + code.number() + " | `" + code.name() + "` |"));
    }

    private static String markdown() {
        StringBuilder page = new StringBuilder("""
                # Errors

                <!-- Rendered by ErrorReferenceTest from io.millrace.error.ErrorCode; change it there. The test compares. -->

                Every failure has one of these codes. Its number is for ever: it is never given to another error. Beside the code an error says

                - a **message** for people: what happened, and what to do next;
                - the **resource** that it is about, such as `topic/flights/3`, `group/billing`, `shard/1`;
                - the **effect**: `NOT_WRITTEN` (nothing was written, and nothing will be), `WRITTEN`, or `UNKNOWN` (it may have been
                  written, or may yet be: a retry is safe only under idempotence). The effect belongs to the single failure, not to the code;
                - where it has any, **figures**: the limit that was hit and the value that hit it, the range that can be read and what of it
                  was lost, who owns a partition now, which offsets are damaged, which broker leads.

                On the wire this is `millrace.v1.ErrorDetail`: inside the response where it concerns one part of a request, else in the
                trailer `millrace-error-bin` of the failed gRPC call.

                **Retry** says where the same request makes sense again: *same* is the same broker after a pause, *elsewhere* is the broker
                that the error, or a fresh view of the cluster, names, *no* is nowhere. The error carries the answer too, as `retryable`: a
                number that is not in this table comes from a newer broker, and is to be taken for `INTERNAL` unless it says so.

                | number | code | retry | meaning |
                | --- | --- | --- | --- |
                """);
        for (ErrorCode code : ErrorCode.values()) {
            page.append("| ").append(code.number()).append(" | `").append(code.name());
            page.append("` | ").append(word(code.retry())).append(" | ");
            page.append(code.meaning()).append(" |\n");
        }
        return page.toString();
    }

    private static String word(Retry retry) {
        return switch (retry) {
            case NEVER -> "no";
            case SAME -> "same";
            case ELSEWHERE -> "elsewhere";
        };
    }
}
