package io.millrace.broker.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.error.FaultException;
import io.millrace.replication.Appended;
import io.millrace.v1.ProducePart;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import io.millrace.v1.ProduceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One Produce stream. The next request is read from the connection only when this one's bytes are in the budget, few enough are
 * unanswered, and the client reads its responses: so a fast client, or one that does not listen, is stopped by flow control.
 *
 * <p>Requests come on the call's own serial thread; answers from the shards' threads. The lock guards the response observer and the counts.
 */
final class ProduceStream implements StreamObserver<ProduceRequest> {
    private static final int MAX_UNANSWERED = 512;

    private final Appends appends;
    private final MemoryBudget budget;
    private final Errors errors;
    private final Deadlines deadlines;
    private final Gate gate;
    private final ServerCallStreamObserver<ProduceResponse> responses;
    private final Runnable onStop = this::stop;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private int unanswered;

    @GuardedBy("lock")
    private boolean owesRequest;

    @GuardedBy("lock")
    private boolean isHalfClosed;

    @GuardedBy("lock")
    private boolean isEnded;

    ProduceStream(
            Appends appends,
            MemoryBudget budget,
            Errors errors,
            Deadlines deadlines,
            Gate gate,
            ServerCallStreamObserver<ProduceResponse> responses) {
        this.appends = appends;
        this.budget = budget;
        this.errors = errors;
        this.deadlines = deadlines;
        this.gate = gate;
        this.responses = responses;
    }

    void begin() {
        responses.disableAutoRequest();
        responses.setOnReadyHandler(this::requestNext);
        responses.setOnCancelHandler(this::end);
        responses.request(1);
        gate.onStop(onStop);
    }

    /** What has come is answered; then the stream ends, so that the client looks for another broker. */
    private void stop() {
        lock.lock();
        try {
            completeWhenDone();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onNext(ProduceRequest request) {
        lock.lock();
        try {
            unanswered++;
        } finally {
            lock.unlock();
        }
        long deadlineNanos = deadlines.ofRequest(request.getTimeoutMillis());
        budget.take(
                MemoryBudget.Lane.APPEND,
                request.getSerializedSize(),
                grant -> admitted(request, deadlineNanos, grant));
    }

    /** The next request is asked for after this one is handed over, so requests stay in order. */
    private void admitted(ProduceRequest request, long deadlineNanos, MemoryBudget.Grant grant) {
        List<ProducePart> parts = request.getPartsList();
        List<CompletableFuture<Appended>> appended = new ArrayList<>(parts.size());
        boolean isStopping = gate.isStopping();
        for (ProducePart part : parts) {
            appended.add(
                    isStopping
                            ? CompletableFuture.failedFuture(
                                    gate.stoppingFault().asException())
                            : append(part, deadlineNanos));
        }
        var unused = CompletableFuture.allOf(appended.toArray(CompletableFuture[]::new))
                .whenComplete((nothing, failure) -> answer(request, appended, grant));
        lock.lock();
        try {
            owesRequest = true;
        } finally {
            lock.unlock();
        }
        requestNext();
    }

    private CompletableFuture<Appended> append(ProducePart part, long deadlineNanos) {
        try {
            if (!part.getFacts().isEmpty() || part.hasExpectedEndOffset()) {
                throw Errors.invalid(
                                "topic/" + part.getTopic() + "/" + part.getPartition(),
                                "The fields facts and expected_end_offset are reserved; this broker does not use them.")
                        .asException();
            }
            return appends.append(
                    WireBytes.idOrNull(part.getTopicId(), "topic_id"),
                    part.getTopic(),
                    part.getPartition(),
                    WireBytes.owned(part.getBatch()),
                    deadlineNanos);
        } catch (FaultException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void answer(ProduceRequest request, List<CompletableFuture<Appended>> appended, MemoryBudget.Grant grant) {
        ProduceResponse.Builder response = ProduceResponse.newBuilder().setRequestId(request.getRequestId());
        for (int i = 0; i < appended.size(); i++) {
            response.addResults(result(request.getParts(i), appended.get(i)));
        }
        grant.close();
        lock.lock();
        try {
            unanswered--;
            if (!isEnded) {
                responses.onNext(response.build());
            }
            completeWhenDone();
        } finally {
            lock.unlock();
        }
        requestNext();
    }

    private ProduceResult result(ProducePart part, CompletableFuture<Appended> future) {
        @Nullable Throwable failure = future.handle((value, problem) -> problem).getNow(null);
        if (failure != null) {
            return ProduceResult.newBuilder()
                    .setError(errors.detail(failure, "topic/" + part.getTopic() + "/" + part.getPartition()))
                    .setBaseOffset(-1)
                    .build();
        }
        Appended value = future.join();
        return ProduceResult.newBuilder()
                .setBaseOffset(value.baseOffset())
                .setDuplicate(value.duplicate())
                .setLogStart(value.logStart())
                .build();
    }

    private void requestNext() {
        lock.lock();
        try {
            if (owesRequest && !isEnded && unanswered < MAX_UNANSWERED && responses.isReady()) {
                owesRequest = false;
                responses.request(1);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void completeWhenDone() {
        if (unanswered > 0 || isEnded) {
            return;
        }
        if (isHalfClosed) {
            isEnded = true;
            gate.forget(onStop);
            responses.onCompleted();
        } else if (gate.isStopping()) {
            isEnded = true;
            gate.forget(onStop);
            responses.onError(errors.exception(gate.stoppingFault()));
        }
    }

    private void end() {
        gate.forget(onStop);
        lock.lock();
        try {
            isEnded = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onError(Throwable failure) {
        end();
    }

    @Override
    public void onCompleted() {
        lock.lock();
        try {
            isHalfClosed = true;
            completeWhenDone();
        } finally {
            lock.unlock();
        }
    }
}
