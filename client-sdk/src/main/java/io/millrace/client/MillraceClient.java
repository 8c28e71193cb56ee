package io.millrace.client;

/**
 * A cluster, as one application sees it: connections and what is known of topics are shared by all that is opened here. Thread safe. Closing it closes what
 * was opened from it.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class MillraceClient implements AutoCloseable {
    private final ClientConfig config;

    MillraceClient(ClientConfig config) {
        this.config = config;
    }

    public ClientConfig config() {
        return config;
    }

    /** A producer with the settings of {@link ClientConfig#producer()}. */
    public Producer newProducer() {
        return newProducer(config.producer());
    }

    public Producer newProducer(ProducerConfig settings) {
        throw new UnsupportedOperationException();
    }

    /** A consumer with the settings of {@link ClientConfig#consumer()}. */
    public Consumer newConsumer() {
        return newConsumer(config.consumer());
    }

    public Consumer newConsumer(ConsumerConfig settings) {
        throw new UnsupportedOperationException();
    }

    /** Topics and the cluster. */
    public Admin admin() {
        throw new UnsupportedOperationException();
    }

    /** Positions of groups. */
    public Positions positions() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
