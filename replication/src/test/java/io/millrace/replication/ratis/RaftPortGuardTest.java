package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.GroupManagementRequestProto;
import org.apache.ratis.proto.grpc.AdminProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftPortGuardTest {
    @TempDir
    Path directory;

    @Test
    void refusesAdminCalls() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress(
                            "127.0.0.1", shard.host().port())
                    .usePlaintext()
                    .build();
            try {
                assertThatThrownBy(() -> AdminProtocolServiceGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(20, TimeUnit.SECONDS)
                                .groupManagement(GroupManagementRequestProto.getDefaultInstance()))
                        .isInstanceOfSatisfying(
                                StatusRuntimeException.class,
                                e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
            } finally {
                channel.shutdownNow();
            }
            assertThat(shard.propose("e0", 10).get(20, TimeUnit.SECONDS)).isPositive();
        }
    }
}
