package io.millrace.replication.ratis;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** Every setting of Ratis 3.3.0 that we do not leave at its default, each with its reason. The only class that sets any. */
final class RatisSettings {
    /** The largest body of an entry: bodies are headers, their payload lies beside Raft. */
    static final int MAX_BODY_BYTES = 128 << 10;

    private static final SizeInBytes MIB = SizeInBytes.valueOf("1MB");

    private RatisSettings() {}

    static RaftProperties properties(RatisConfig config) {
        RaftProperties properties = new RaftProperties();
        transport(properties, config);
        log(properties);
        payload(properties);
        snapshots(properties);
        elections(properties, config.isAlone());
        requests(properties);
        return properties;
    }

    /** What Ratis takes as objects: who guards its port. */
    static Parameters guardedPort(RatisConfig config) {
        Parameters parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(parameters, new RaftPortGuard(config.isAlone()));
        return parameters;
    }

    /** Where the groups keep their logs; each stands in one of these, in a directory named by its id. */
    static void storage(RaftProperties properties, List<Path> directories) {
        List<File> files = directories.stream().map(Path::toFile).toList();
        RaftServerConfigKeys.setStorageDir(properties, files);
        // The default is in /tmp. We never remove a group that way.
        RaftServerConfigKeys.setRemovedGroupsDir(properties, new File(files.get(0), "removed"));
    }

    private static void transport(RaftProperties properties, RatisConfig config) {
        RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
        GrpcConfigKeys.Server.setHost(properties, config.host());
        GrpcConfigKeys.Server.setPort(properties, config.port());
        // Event loops stay at their default, gRPC's shared ones: groups of Ratis' own take two quiet seconds to close.
    }

    private static void log(RaftProperties properties) {
        // On, it writes a second entry for each of ours.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        // Small segments: whole closed ones are purged, and the open one is all that a start must read.
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, MIB);
        // Four in cache per shard: applying and sending need the newest alone.
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("32MB"));
        // The buffer must hold an append request; both far above what waits in flight.
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("4MB"));
        // Above 4 MiB gRPC parses in pieces of 4 KiB; a header has at most 128 KiB.
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, MIB);
        // A follower answers when it has the payload of all of them, and must do so before the request is taken for
        // lost.
        RaftServerConfigKeys.Log.Appender.setBufferElementLimit(properties, 64);
        // By default a follower that failed thirty times, which takes a restart of its process, is looked for each 5 s
        // only.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "10ms,20, 100ms,100, 250ms,1000000");
        RaftServerConfigKeys.Log.setForceSyncNum(properties, 16);
        // Either would acknowledge what is not forced.
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        // Off, a resent entry is acknowledged before it is flushed.
        properties.setBoolean(RaftServerConfigKeys.Log.APPEND_ENTRIES_COMPOSE_ENABLED_KEY, true);
        // We decide ourselves what a torn or damaged log means, before Ratis reads it.
        RaftServerConfigKeys.Log.setCorruptionPolicy(properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
        // We purge up to what the index has made durable, whole segments, when we say so.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, false);
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, 0);
    }

    private static void payload(RaftProperties properties) {
        // The log writer waits for the payload before it forces the header.
        RaftServerConfigKeys.Log.StateMachineData.setSync(properties, true);
        RaftServerConfigKeys.Log.StateMachineData.setSyncTimeout(properties, seconds(5));
        // The default, -1, waits for ever.
        RaftServerConfigKeys.Log.StateMachineData.setSyncTimeoutRetry(properties, 5);
        // The token of a payload stays with the cached entry, so that sending one needs no read.
        RaftServerConfigKeys.Log.StateMachineData.setCachingEnabled(properties, true);
    }

    private static void snapshots(RaftProperties properties) {
        // A replica that is too far behind is told, and copies a checkpoint itself.
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenRemoveEnabled(properties, false);
    }

    private static void elections(RaftProperties properties, boolean alone) {
        // A noisy machine must not elect all the time; a dead leader is seen sooner by other means.
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, seconds(1));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, seconds(2));
        // Nobody else can win where there is one voter, so it need not wait.
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, millis(alone ? 5 : 300));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, millis(alone ? 10 : 1_000));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, seconds(1));
        // By default a pause of a minute, as of a suspended machine, closes the server for good.
        RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(1, TimeUnit.HOURS));
    }

    private static void requests(RaftProperties properties) {
        // A proposal is never repeated under its id; the cache only costs memory.
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, seconds(5));
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, true);
    }

    private static TimeDuration seconds(long seconds) {
        return TimeDuration.valueOf(seconds, TimeUnit.SECONDS);
    }

    private static TimeDuration millis(long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }
}
