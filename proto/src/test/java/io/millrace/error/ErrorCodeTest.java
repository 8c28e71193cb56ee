package io.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
    /** One {@code NAME=number} a line: what was published once. New codes are added at the end, nothing else changes. */
    private static final Path GOLDEN = Path.of("src/test/resources/golden/error-codes.txt");

    @Test
    void hasTheNamesAndNumbersOfTheProtocol() {
        List<String> wire = Arrays.stream(io.millrace.v1.ErrorCode.values())
                .filter(code -> code != io.millrace.v1.ErrorCode.UNRECOGNIZED
                        && code != io.millrace.v1.ErrorCode.ERROR_CODE_UNSPECIFIED)
                .map(code -> code.name() + "=" + code.getNumber())
                .toList();
        assertThat(wire).containsExactlyElementsOf(codes());
    }

    @Test
    void hasEveryNumberOfTheGoldenListAndNoOther() throws IOException {
        List<String> golden = Files.readAllLines(GOLDEN, StandardCharsets.UTF_8);
        assertThat(codes()).as("a published number is for ever").containsAll(golden);
        assertThat(golden).as("a new code is added to %s", GOLDEN).containsAll(codes());
    }

    @Test
    void findsEveryCodeByItsNumber() {
        for (ErrorCode code : ErrorCode.values()) {
            assertThat(ErrorCode.of(code.number())).isSameAs(code);
            assertThat(code.meaning()).endsWith(".");
        }
    }

    @Test
    void takesUnknownNumbersForInternalErrorsThatNobodyRetries() {
        for (int number : new int[] {Integer.MIN_VALUE, -1, 0, 29, 39, 68, 10_000, Integer.MAX_VALUE}) {
            assertThat(ErrorCode.of(number)).isSameAs(ErrorCode.INTERNAL);
        }
        assertThat(ErrorCode.INTERNAL.isRetryable()).isFalse();
    }

    private static List<String> codes() {
        return Arrays.stream(ErrorCode.values())
                .map(code -> code.name() + "=" + code.number())
                .toList();
    }
}
