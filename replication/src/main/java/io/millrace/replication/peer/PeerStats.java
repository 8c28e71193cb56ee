package io.millrace.replication.peer;

/**
 * What went between this broker and one peer since this broker started. Bytes are those of payloads.
 *
 * @param sentFrames pushes sent
 * @param receivedFrames pushes received and handed to the listener
 * @param droppedFull pushes not sent: too many were queued
 * @param droppedUnconnected pushes not sent: the stream was not up, or broke before
 * @param droppedGone pushes not sent: this broker had the payload no more
 * @param corrupt payloads received, pushed or pulled, whose bytes did not have their CRC
 * @param pullsAsked pulls sent
 * @param pullsAnswered those answered with the payload
 * @param pullsNone those that the peer had no payload for
 * @param pullsFailed those that were not answered
 * @param servedFrames pulls of the peer answered with the payload
 * @param servedNone pulls of the peer for a payload that is not here
 * @param servedDropped pulls of the peer not answered: too many waited
 * @param connects times that the stream to the peer came up
 */
public record PeerStats(
        long sentFrames,
        long sentBytes,
        long receivedFrames,
        long receivedBytes,
        long droppedFull,
        long droppedUnconnected,
        long droppedGone,
        long corrupt,
        long pullsAsked,
        long pullsAnswered,
        long pullsNone,
        long pullsFailed,
        long servedFrames,
        long servedBytes,
        long servedNone,
        long servedDropped,
        long connects) {}
