package io.millrace.broker.peer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ImageParts;
import io.millrace.internal.v1.MetadataPart;
import io.millrace.internal.v1.WatchMetadataRequest;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One stream of the metadata from its leader. Images come on the connection's thread, one after another; {@link #close} may be called by any.
 */
public final class MetadataStream implements StreamObserver<MetadataPart>, AutoCloseable {
    /** Hears the stream. Must not block. */
    public interface Listener {
        /** The image is shown from when this returns. */
        void image(ClusterImage image);

        void ended();
    }

    private final Listener listener;
    private final ImageParts parts = new ImageParts();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private @Nullable StreamObserver<WatchMetadataRequest> requests;

    private volatile boolean hasImage;
    private volatile boolean isEnded;

    MetadataStream(Listener listener) {
        this.listener = listener;
    }

    void begin(StreamObserver<WatchMetadataRequest> call) {
        lock.lock();
        try {
            requests = call;
        } finally {
            lock.unlock();
        }
        say(-1);
    }

    private void say(long version) {
        lock.lock();
        try {
            StreamObserver<WatchMetadataRequest> call = requests;
            if (call != null && !isEnded) {
                call.onNext(
                        WatchMetadataRequest.newBuilder().setVersion(version).build());
            }
        } catch (IllegalStateException e) {
            // It has ended; onError tells.
            isEnded = true;
        } finally {
            lock.unlock();
        }
    }

    /** It is up, and an image has come. */
    public boolean isCurrent() {
        return hasImage && !isEnded;
    }

    public boolean isEnded() {
        return isEnded;
    }

    @Override
    public void onNext(MetadataPart part) {
        ClusterImage image = parts.add(part);
        if (image != null) {
            listener.image(image);
            hasImage = true;
            say(image.version());
        }
    }

    @Override
    public void onError(Throwable failure) {
        isEnded = true;
        listener.ended();
    }

    @Override
    public void onCompleted() {
        isEnded = true;
        listener.ended();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            StreamObserver<WatchMetadataRequest> call = requests;
            if (call != null && !isEnded) {
                isEnded = true;
                call.onError(new IllegalStateException("closed"));
            }
        } catch (IllegalStateException e) {
            isEnded = true;
        } finally {
            lock.unlock();
        }
    }
}
