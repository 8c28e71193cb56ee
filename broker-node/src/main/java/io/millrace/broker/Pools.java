package io.millrace.broker;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The broker's threads. */
final class Pools {
    /** A task per open call at most; calls are bounded per connection. */
    private static final int QUEUED_TASKS = 100_000;

    private Pools() {}

    static ExecutorService pool(String name, int threads) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                60,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(QUEUED_TASKS),
                new NamedThreads(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    static ScheduledThreadPoolExecutor timers(String name, int threads) {
        ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(threads, new NamedThreads(name));
        timers.setRemoveOnCancelPolicy(true);
        timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timers;
    }

    static void stop(ExecutorService pool) {
        pool.shutdown();
        try {
            if (!pool.awaitTermination(5, TimeUnit.SECONDS)) {
                pool.shutdownNow();
                pool.awaitTermination(1, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            pool.shutdownNow();
        }
    }
}
