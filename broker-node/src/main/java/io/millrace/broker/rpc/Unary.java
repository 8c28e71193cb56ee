package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** Answers calls of one request and one response. */
final class Unary {
    private Unary() {}

    /** Runs on this thread, which is one of the pool for calls that block. */
    static <A> void answer(StreamObserver<A> observer, Errors errors, Supplier<A> call) {
        A response;
        try {
            response = call.get();
        } catch (RuntimeException e) {
            observer.onError(errors.exception(e));
            return;
        }
        observer.onNext(response);
        observer.onCompleted();
    }
}
