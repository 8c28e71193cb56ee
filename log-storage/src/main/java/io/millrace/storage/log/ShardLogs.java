package io.millrace.storage.log;

import io.millrace.storage.FailStop;
import io.millrace.storage.LogPosition;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FileOps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** Opens shard logs. */
public final class ShardLogs {
    private ShardLogs() {}

    /**
     * Opens a log, or makes an empty one, and finds the frames behind the last applied one. Not every one of them is in the Raft log: call
     * {@link SegmentedShardLog#forget} with the first index that is not, once the Raft log is known.
     *
     * @param appliedEnd end of the last frame that the index covers durably
     * @param liveFiles segment files that the index points into, as it stands now: the log is refused where one is missing, and a file of moved
     *     extents that is not one of them is removed
     * @throws StorageException CORRUPT where something is missing or damaged that was durable; NEWER_FORMAT; IO
     */
    public static SegmentedShardLog open(
            Path directory,
            LogConfig config,
            FileOps fileOps,
            FailStop failStop,
            LogPosition appliedEnd,
            Set<Integer> liveFiles) {
        try {
            return open(
                    directory,
                    config,
                    fileOps,
                    failStop,
                    new LogRecovery(directory, fileOps, appliedEnd).run(liveFiles));
        } catch (IOException e) {
            throw Health.storageException("recovery of " + directory, e);
        }
    }

    /** The same, where it is not known which files are live: all are kept. */
    public static SegmentedShardLog open(
            Path directory, LogConfig config, FileOps fileOps, FailStop failStop, LogPosition appliedEnd) {
        try {
            return open(
                    directory, config, fileOps, failStop, new LogRecovery(directory, fileOps, appliedEnd).run(null));
        } catch (IOException e) {
            throw Health.storageException("recovery of " + directory, e);
        }
    }

    private static SegmentedShardLog open(
            Path directory, LogConfig config, FileOps fileOps, FailStop failStop, LogRecovery.Recovered recovered) {
        Health health = new Health(failStop, config.stallLimit().toNanos());
        return new SegmentedShardLog(directory, config, fileOps, health, recovered);
    }
}
