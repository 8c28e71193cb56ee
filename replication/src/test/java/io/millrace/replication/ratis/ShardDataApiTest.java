package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.replication.payload.ShardPayloads;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.statemachine.StateMachine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardDataApiTest {
    @TempDir
    Path directory;

    private final List<String> failStops = new ArrayList<>();
    private boolean failing;
    private FileShardLog shardLog;
    private ShardDataApi data;

    @BeforeEach
    void open() throws Exception {
        shardLog = new FileShardLog(directory.resolve("frames"), call -> {
            if (failing) {
                throw new IllegalStateException(call);
            }
        });
        data = new ShardDataApi(
                "shard/0",
                new ShardPayloads(0, shardLog, (term, index) -> null),
                null,
                new DirectoryForce(directory),
                new LogTail(),
                (what, cause) -> failStops.add(what));
    }

    @Test
    void overridesEveryMethodOfDataApi() {
        List<Method> inherited = Arrays.stream(StateMachine.DataApi.class.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .toList();
        assertThat(inherited)
                .hasSizeGreaterThanOrEqualTo(9)
                .allSatisfy(
                        method -> assertThat(ShardDataApi.class.getMethod(method.getName(), method.getParameterTypes()))
                                .as("%s", method)
                                .extracting(Method::getDeclaringClass)
                                .isEqualTo(ShardDataApi.class));
    }

    @Test
    void readNeverFails() {
        failing = true;
        LogEntryProto entry = LogEntryProto.newBuilder().setIndex(7).build();
        assertThat(data.read(entry)).isCompletedWithValue(ShardDataApi.TOKEN);
        assertThat(data.read(entry, null)).isCompletedWithValue(ShardDataApi.TOKEN);
        assertThat(failStops).isEmpty();
    }

    @Test
    void stopsTheNodeWhenAPayloadCannotBeForcedOrTruncated() {
        failing = true;
        assertStops(data.flush(3));
        assertStops(data.truncate(3));
    }

    @Test
    void stopsTheNodeWhenAnEntryComesWithoutItsProposal() {
        assertStops(data.write(LogEntryProto.newBuilder().setIndex(7).build()));
    }

    private void assertStops(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        assertThat(failStops).hasSize(1);
        failStops.clear();
    }
}
