package io.millrace.broker.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.error.ErrorCode;
import io.millrace.error.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {
    private static final UUID CLUSTER = new UUID(1, 2);

    @TempDir
    Path temporary;

    private Path root() {
        return temporary.resolve("data");
    }

    private DataDirectory open(@Nullable UUID cluster, int broker) {
        return DataDirectory.open(root(), cluster, broker, 2, 4711, new Random(1));
    }

    private static FaultException refused(ErrorCode code, ThrowingCallable call) {
        FaultException[] thrown = new FaultException[1];
        assertThatExceptionOfType(FaultException.class).isThrownBy(call).satisfies(e -> {
            assertThat(e.fault().code()).isEqualTo(code);
            thrown[0] = e;
        });
        return thrown[0];
    }

    @Test
    void keepsItsIdentity() {
        Identity made;
        try (DataDirectory directory = open(null, 1)) {
            made = directory.identity();
            assertThat(made.dataShards()).isEqualTo(2);
            assertThat(made.incarnation()).isPositive();
        }
        try (DataDirectory directory = open(made.clusterId(), 1)) {
            assertThat(directory.identity()).isEqualTo(made);
        }
        assertThat(DataDirectory.read(root())).isEqualTo(made);
    }

    @Test
    void refusesASecondOwnerAndNamesTheFirst() {
        try (DataDirectory directory = open(null, 1)) {
            assertThat(directory.root()).isEqualTo(root());
            assertThat(refused(ErrorCode.DIRECTORY_LOCKED, () -> open(null, 1)))
                    .hasMessageContaining("pid 4711")
                    .hasMessageContaining("--data");
        }
        open(null, 1).close();
    }

    @Test
    void refusesAnotherClusterOrBroker() {
        open(CLUSTER, 1).close();
        assertThat(refused(ErrorCode.WRONG_CLUSTER, () -> open(new UUID(9, 9), 1)))
                .hasMessageContaining(CLUSTER.toString())
                .hasMessageContaining("cluster.id");
        assertThat(refused(ErrorCode.WRONG_CLUSTER, () -> open(CLUSTER, 2))).hasMessageContaining("cluster.broker-id");
        open(CLUSTER, 1).close();
    }

    @Test
    void refusesANewerFormat() throws IOException {
        open(CLUSTER, 1).close();
        Path file = root().resolve("identity");
        Files.writeString(file, Files.readString(file).replace("format=1", "format=2"));
        assertThat(refused(ErrorCode.NEWER_FORMAT, () -> open(CLUSTER, 1))).hasMessageContaining("newer Millrace");
    }

    @Test
    void refusesADamagedIdentityByteByByte() throws IOException {
        open(CLUSTER, 1).close();
        Path file = root().resolve("identity");
        byte[] good = Files.readAllBytes(file);
        for (int length = 0; length < good.length - 1; length++) {
            Files.write(file, java.util.Arrays.copyOf(good, length));
            refused(ErrorCode.DAMAGED_DIRECTORY, () -> open(CLUSTER, 1));
        }
        for (int i = "format=1\n".length(); i < good.length - 1; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(file, bad);
            refused(ErrorCode.DAMAGED_DIRECTORY, () -> open(CLUSTER, 1));
        }
        Files.write(file, good);
        open(CLUSTER, 1).close();
    }

    @Test
    void takesAHalfWrittenIdentityForNone() throws IOException {
        Files.createDirectories(root());
        Files.writeString(root().resolve("identity.new"), "format=1\nclus");
        try (DataDirectory directory = open(CLUSTER, 1)) {
            assertThat(directory.identity().clusterId()).isEqualTo(CLUSTER);
        }
    }

    @Test
    void doesNotTakeShardsWithoutAnIdentityForNew() throws IOException {
        open(CLUSTER, 1).close();
        Files.delete(root().resolve("identity"));
        Files.createDirectories(root().resolve("shards").resolve("1"));
        refused(ErrorCode.DAMAGED_DIRECTORY, () -> open(CLUSTER, 1));
    }

    @Test
    void doesNotMoveIntoADirectoryOfOthers() throws IOException {
        Files.createDirectories(root());
        Files.writeString(root().resolve("thesis.txt"), "precious");
        assertThat(refused(ErrorCode.DAMAGED_DIRECTORY, () -> open(CLUSTER, 1))).hasMessageContaining("thesis.txt");
    }

    @Test
    void saysWhenItCannotBeWritten() throws IOException {
        Files.writeString(root(), "a file where the directory should be");
        assertThat(refused(ErrorCode.DIRECTORY_NOT_WRITABLE, () -> open(CLUSTER, 1)))
                .hasMessageContaining("write access");
    }
}
