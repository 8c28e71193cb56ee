package io.millrace.broker;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A bidirectional stream of a test: send, and take answers in the order of their coming. */
public class TestCall<Q, A> implements AutoCloseable {
    private final BlockingQueue<A> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<@Nullable Throwable> end = new CompletableFuture<>();
    private final StreamObserver<Q> requests;

    public TestCall(Function<StreamObserver<A>, StreamObserver<Q>> begin) {
        requests = begin.apply(new StreamObserver<>() {
            @Override
            public void onNext(A answer) {
                answers.add(answer);
            }

            @Override
            public void onError(Throwable failure) {
                end.complete(failure);
            }

            @Override
            public void onCompleted() {
                end.complete(null);
            }
        });
    }

    public A send(Q request) {
        requests.onNext(request);
        return next();
    }

    public void sendOnly(Q request) {
        requests.onNext(request);
    }

    public A next() {
        try {
            A answer = answers.poll(20, TimeUnit.SECONDS);
            if (answer == null) {
                throw new AssertionError("no answer within 20 s; the stream's end: " + end.getNow(null));
            }
            return answer;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public int waiting() {
        return answers.size();
    }

    /** How the stream failed. */
    public StatusRuntimeException failure() {
        Throwable failure = end.orTimeout(20, TimeUnit.SECONDS).join();
        if (failure instanceof StatusRuntimeException status) {
            return status;
        }
        throw new AssertionError("the stream ended with " + failure);
    }

    @Override
    public void close() {
        try {
            requests.onCompleted();
        } catch (IllegalStateException e) {
            // It has failed already, which the test has seen or does not care for.
            end.complete(e);
        }
    }
}
