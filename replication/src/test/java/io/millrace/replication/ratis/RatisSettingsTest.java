package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log;
import org.apache.ratis.server.RaftServerConfigKeys.Read;
import org.apache.ratis.server.RaftServerConfigKeys.Rpc;
import org.apache.ratis.server.RaftServerConfigKeys.Snapshot;
import org.apache.ratis.util.TimeDuration;
import org.junit.jupiter.api.Test;

/** Reads the settings as Ratis reads them: a key that Ratis renames or ignores fails here. */
class RatisSettingsTest {
    private final RatisConfig config = RatisConfig.alone(new UUID(1, 2), 4, 2, () -> 0);
    private final RaftProperties properties = RatisSettings.properties(config);

    private static long millis(TimeDuration duration) {
        return duration.toLong(TimeUnit.MILLISECONDS);
    }

    @Test
    void listensOnLoopbackOnAFreePort() {
        assertThat(RaftConfigKeys.Rpc.type(properties, line -> {})).isEqualTo(SupportedRpcType.GRPC);
        assertThat(GrpcConfigKeys.Server.host(properties)).isEqualTo("127.0.0.1");
        assertThat(GrpcConfigKeys.Server.port(properties)).isZero();
        assertThat(GrpcConfigKeys.Server.bossGroupSize(properties)).isZero();
        assertThat(GrpcConfigKeys.Server.workerGroupSize(properties)).isZero();
        assertThat(GrpcConfigKeys.Client.workerGroupSize(properties)).isZero();
    }

    @Test
    void acknowledgesOnlyWhatIsForced() {
        assertThat(Log.asyncFlushEnabled(properties)).isFalse();
        assertThat(Log.unsafeFlushEnabled(properties)).isFalse();
        assertThat(Log.appendEntriesComposeEnabled(properties)).isTrue();
        assertThat(Log.useMemory(properties)).isFalse();
        assertThat(Log.StateMachineData.sync(properties)).isTrue();
        assertThat(millis(Log.StateMachineData.syncTimeout(properties))).isEqualTo(5_000);
        assertThat(Log.StateMachineData.syncTimeoutRetry(properties)).isEqualTo(5);
        assertThat(Log.StateMachineData.cachingEnabled(properties)).isTrue();
        assertThat(Log.corruptionPolicy(properties)).isEqualTo(Log.CorruptionPolicy.EXCEPTION);
    }

    @Test
    void boundsTheLog() {
        assertThat(Log.logMetadataEnabled(properties)).isFalse();
        assertThat(Log.segmentSizeMax(properties).getSize()).isEqualTo(8 << 20);
        assertThat(Log.preallocatedSize(properties).getSize()).isEqualTo(1 << 20);
        assertThat(Log.writeBufferSize(properties).getSize()).isEqualTo(4 << 20);
        assertThat(Log.forceSyncNum(properties)).isEqualTo(16);
        assertThat(Log.segmentCacheNumMax(properties)).isEqualTo(2);
        assertThat(Log.segmentCacheSizeMax(properties).getSize()).isEqualTo(32 << 20);
        assertThat(Log.Appender.bufferByteLimit(properties).getSize())
                .isLessThan(4 << 20)
                .isGreaterThan(2L * RatisSettings.MAX_BODY_BYTES);
        assertThat(Log.purgeGap(properties)).isEqualTo(1);
        assertThat(Log.purgeUptoSnapshotIndex(properties)).isFalse();
        assertThat(Log.purgePreservationLogNum(properties)).isZero();
    }

    @Test
    void takesNoSnapshots() {
        assertThat(Log.Appender.installSnapshotEnabled(properties)).isFalse();
        assertThat(Snapshot.autoTriggerEnabled(properties)).isFalse();
        assertThat(Snapshot.triggerWhenStopEnabled(properties)).isFalse();
        assertThat(Snapshot.triggerWhenRemoveEnabled(properties)).isFalse();
    }

    @Test
    void electsItselfAtOnceWhenAlone() {
        assertThat(millis(Rpc.firstElectionTimeoutMin(properties))).isEqualTo(5);
        assertThat(millis(Rpc.firstElectionTimeoutMax(properties))).isEqualTo(10);
        RaftProperties amongOthers =
                RatisSettings.properties(RatisConfig.member(new UUID(1, 2), 4, 2, "127.0.0.1", 0, () -> 0));
        assertThat(millis(Rpc.firstElectionTimeoutMin(amongOthers))).isEqualTo(300);
        assertThat(millis(Rpc.firstElectionTimeoutMax(amongOthers))).isEqualTo(1_000);
    }

    @Test
    void staysCalmOnANoisyMachine() {
        assertThat(millis(Rpc.timeoutMin(properties))).isEqualTo(1_000);
        assertThat(millis(Rpc.timeoutMax(properties))).isEqualTo(2_000);
        assertThat(RaftServerConfigKeys.LeaderElection.preVote(properties)).isTrue();
        assertThat(millis(RaftServerConfigKeys.sleepDeviationThreshold(properties)))
                .isEqualTo(1_000);
        assertThat(millis(RaftServerConfigKeys.closeThreshold(properties))).isEqualTo(3_600_000);
        assertThat(millis(RaftServerConfigKeys.RetryCache.expiryTime(properties)))
                .isEqualTo(5_000);
        assertThat(Read.option(properties)).isEqualTo(Read.Option.LINEARIZABLE);
        assertThat(Read.leaderLeaseEnabled(properties)).isTrue();
    }

    @Test
    void keepsEverythingInTheGroupsDirectories() {
        RatisSettings.storage(properties, List.of(Path.of("/a"), Path.of("/b")));
        assertThat(RaftServerConfigKeys.storageDir(properties)).containsExactly(new File("/a"), new File("/b"));
        assertThat(RaftServerConfigKeys.removedGroupsDir(properties)).isEqualTo(new File("/a", "removed"));
    }
}
