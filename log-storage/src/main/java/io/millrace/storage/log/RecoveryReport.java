package io.millrace.storage.log;

import io.millrace.storage.LogPosition;
import org.jspecify.annotations.Nullable;

/**
 * What opening a log has found and done.
 *
 * @param from where the scan began: the end of the last applied frame
 * @param end the place after the last valid frame
 * @param frames valid data frames found between the two
 * @param scannedBytes read to find them
 * @param cutBytes cut off behind the end: the rest of a flush that never returned
 * @param cutReason why the first byte cut is not a frame; null where nothing was cut
 * @param removedFiles files behind the end that held no valid byte
 * @param resumedDeletions files whose deletion a stop had cut short
 */
public record RecoveryReport(
        LogPosition from,
        LogPosition end,
        int frames,
        long scannedBytes,
        long cutBytes,
        @Nullable String cutReason,
        int removedFiles,
        int resumedDeletions) {}
