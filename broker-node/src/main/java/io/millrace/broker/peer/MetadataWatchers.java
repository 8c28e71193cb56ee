package io.millrace.broker.peer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ImageParts;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.MetadataPart;
import io.millrace.internal.v1.WatchMetadataRequest;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The brokers that follow the metadata from this one, its leader. Each gets the newest image when it has shown the one before, so that a slow one holds one image
 * at most. Thread safe.
 */
final class MetadataWatchers {
    private final Supplier<ClusterImage> leadersImage;
    private final Executor executor;
    private final PeerErrors errors;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition acked = lock.newCondition();

    @GuardedBy("lock")
    private final Set<Watcher> watchers = new LinkedHashSet<>();

    /**
     * @param leadersImage faults where this broker does not lead
     * @param executor sends
     */
    MetadataWatchers(Supplier<ClusterImage> leadersImage, Executor executor, PeerErrors errors) {
        this.leadersImage = leadersImage;
        this.executor = executor;
        this.errors = errors;
    }

    /** One stream. Requests come on the call's serial thread, sends run on the executor; the lock guards the fields and the observer. */
    private final class Watcher implements StreamObserver<WatchMetadataRequest> {
        private final ServerCallStreamObserver<MetadataPart> responses;

        // Of the lock:
        private long shown = -1;
        private long sent = -1;
        private boolean isBegun;
        private boolean isSlow;
        private boolean isEnded;

        private Watcher(ServerCallStreamObserver<MetadataPart> responses) {
            this.responses = responses;
        }

        @Override
        public void onNext(WatchMetadataRequest request) {
            lock.lock();
            try {
                shown = Math.max(shown, request.getVersion());
                isBegun = true;
                isSlow = false;
                acked.signalAll();
            } finally {
                lock.unlock();
            }
            executor.execute(this::sendNewest);
        }

        private void sendNewest() {
            ClusterImage image;
            try {
                image = leadersImage.get();
            } catch (FaultException e) {
                end(e);
                return;
            }
            lock.lock();
            try {
                // The first image goes out even where the caller has it: that it came from the leader is news.
                boolean isNews = sent < 0 || image.version() > Math.max(shown, sent);
                if (isEnded || !isBegun || (sent >= 0 && shown < sent) || !isNews) {
                    return;
                }
                sent = image.version();
                ImageParts.split(image).forEach(responses::onNext);
            } catch (RuntimeException e) {
                isEnded = true;
                watchers.remove(this);
            } finally {
                lock.unlock();
            }
        }

        private void end(FaultException why) {
            lock.lock();
            try {
                if (!isEnded) {
                    isEnded = true;
                    watchers.remove(this);
                    acked.signalAll();
                    responses.onError(errors.exception(why));
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onError(Throwable failure) {
            gone();
        }

        @Override
        public void onCompleted() {
            lock.lock();
            try {
                if (!isEnded) {
                    responses.onCompleted();
                }
            } finally {
                lock.unlock();
            }
            gone();
        }

        private void gone() {
            lock.lock();
            try {
                isEnded = true;
                watchers.remove(this);
                acked.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    StreamObserver<WatchMetadataRequest> add(StreamObserver<MetadataPart> responses) {
        Watcher watcher = new Watcher((ServerCallStreamObserver<MetadataPart>) responses);
        lock.lock();
        try {
            watchers.add(watcher);
        } finally {
            lock.unlock();
        }
        return watcher;
    }

    /** The metadata changed, or this broker leads no more. Does not block. */
    void changed() {
        executor.execute(() -> copy().forEach(Watcher::sendNewest));
    }

    private Set<Watcher> copy() {
        lock.lock();
        try {
            return new LinkedHashSet<>(watchers);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all that follow show a version, so that whoever made the change finds it at any broker. One that does not in time is not waited for again
     * until it is heard of.
     */
    void awaitShown(long version, long timeoutNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = timeoutNanos;
            while (watchers.stream().anyMatch(one -> one.isBegun && !one.isSlow && one.shown < version) && left > 0) {
                left = acked.awaitNanos(left);
            }
            for (Watcher one : watchers) {
                one.isSlow |= one.shown < version;
            }
        } finally {
            lock.unlock();
        }
    }
}
