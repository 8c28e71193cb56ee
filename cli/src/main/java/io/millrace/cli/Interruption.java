package io.millrace.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM during long work: tells it to stop, and gives it some seconds to end well (flush, commit, say how far it came) before the process goes. The hook's thread calls
 * {@code stop}, so that must be safe from any thread.
 */
final class Interruption {
    private static final long GRACE_SECONDS = 10;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;

    private Interruption(Runnable stop) {
        this.hook = new Thread(
                () -> {
                    stop.run();
                    await();
                },
                "millrace-interruption");
    }

    /** Does the work; when the process is told to end meanwhile, calls {@code stop} and waits for the work. */
    static <T> T during(Callable<T> work, Runnable stop) throws Exception {
        Interruption interruption = new Interruption(stop);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        try {
            return work.call();
        } finally {
            interruption.end();
        }
    }

    private void await() {
        try {
            if (!ended.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("millrace: the work did not end within " + GRACE_SECONDS + " s of the interrupt");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already: the hook has done its part.
            return;
        }
    }
}
