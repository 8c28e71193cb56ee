package io.millrace.it.load;

import io.millrace.client.MillraceClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A thread with a client of its own. Started and ended by the test's thread. */
abstract class Worker implements AutoCloseable {
    private static final Duration END_DEADLINE = Duration.ofMinutes(3);

    private final MillraceClient client;
    private final Thread thread;
    private volatile boolean ending;
    private volatile @Nullable Throwable failure;

    Worker(MillraceClient client, String name) {
        this.client = client;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    /** Works until {@link #isEnding}, and then to a good end. */
    abstract void work(MillraceClient with) throws InterruptedException;

    void start() {
        thread.start();
    }

    private void run() {
        try {
            work(client);
        } catch (Throwable e) {
            failure = e;
        }
    }

    boolean isEnding() {
        return ending;
    }

    /** Waits until it has come to its end. */
    void finish() {
        ending = true;
        try {
            thread.join(END_DEADLINE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (thread.isAlive()) {
            StringBuilder stack = new StringBuilder();
            for (StackTraceElement each : thread.getStackTrace()) {
                stack.append("\n  ").append(each);
            }
            throw new IllegalStateException(thread.getName() + " did not end within " + END_DEADLINE + stack);
        }
        Throwable failed = failure;
        if (failed != null) {
            throw new IllegalStateException(thread.getName() + " failed", failed);
        }
    }

    static void nap(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        ending = true;
        client.close();
    }
}
