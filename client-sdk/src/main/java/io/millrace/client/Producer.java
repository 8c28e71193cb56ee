package io.millrace.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Sends records. Thread safe; one is enough for an application.
 *
 * <p>{@link #send} copies key, value and headers into a batch and returns: the caller may use its arrays again. Batches grow by load, not by a timer: one leaves at
 * once while few requests are unanswered, and collects what comes while they are. Records of a partition are stored in the order of their sends; retries keep it and store
 * nothing twice. An acknowledged record is on the disks of a majority.
 *
 * <p>The buffer is bounded: where it is full, {@code send} waits up to {@link ProducerConfig#maxBlock()} and then fails with {@code OVERLOADED}.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Producer implements AutoCloseable {

    Producer() {}

    /**
     * Sends a record. What is wrong with the record itself (topic unknown, too large) and a full buffer are thrown here; everything later completes the future with a
     * {@link MillraceException}.
     */
    public CompletableFuture<RecordMetadata> send(ProducerRecord record) {
        throw new UnsupportedOperationException();
    }

    /** Sends a record without making a future: the callback is told once how it ended. Throws as {@link #send(ProducerRecord)} does, and then calls nobody. */
    public void send(ProducerRecord record, SendCallback callback) {
        throw new UnsupportedOperationException();
    }

    /** Waits until every record sent before has been acknowledged or has failed. */
    public void flush() {
        throw new UnsupportedOperationException();
    }

    /** Waits for what was sent, at most for the delivery timeout, and closes. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    /**
     * Waits for what was sent, at most so long, and closes. Nothing is lost silently: what has not been acknowledged by then fails, as {@link IndeterminateException} where it may have
     * been stored. A send after this throws {@link IllegalStateException}.
     */
    public void close(Duration timeout) {
        throw new UnsupportedOperationException();
    }
}
