package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.error.ErrorCode;
import io.millrace.error.FaultException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that must fail: each with its code, and with everything undone. */
final class BrokerStartTest {
    @TempDir
    Path directory;

    private static void refused(ErrorCode code, ThrowingCallable start) {
        assertThatExceptionOfType(FaultException.class)
                .isThrownBy(start)
                .satisfies(e -> assertThat(e.fault().code()).isEqualTo(code));
    }

    @Test
    void undoesItsStepsWhenAPortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(ErrorCode.PORT_IN_USE, () -> TestBroker.start(directory, "listen.port=" + taken.getLocalPort()));
            refused(ErrorCode.PORT_IN_USE, () -> TestBroker.start(directory, "http.port=" + taken.getLocalPort()));
        }
        try (TestBroker broker = TestBroker.start(directory)) {
            refused(ErrorCode.DIRECTORY_LOCKED, () -> TestBroker.start(directory));
            broker.createTopic("t", 1);
        }
        refused(
                ErrorCode.WRONG_CLUSTER,
                () -> TestBroker.start(directory, "cluster.id=00000000-0000-0001-0000-000000000002"));
        Path identity = directory.resolve("identity");
        String text = Files.readString(identity);
        Files.writeString(identity, text.replace("format=1", "format=9"));
        refused(ErrorCode.NEWER_FORMAT, () -> TestBroker.start(directory));
        Files.writeString(identity, text);
        try (TestBroker broker = TestBroker.start(directory)) {
            assertThat(broker.createTopic("u", 1).getPartitionsCount()).isEqualTo(1);
        }
    }
}
