package io.millrace.broker.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.broker.fetch.FetchAnswer;
import io.millrace.broker.fetch.FetchQuery;
import io.millrace.broker.fetch.FetchSession;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchReader;
import io.millrace.record.Batches;
import io.millrace.record.DecodeLimits;
import io.millrace.record.InvalidBatchException;
import io.millrace.v1.RecordHeader;
import io.millrace.v1.SubscribeResponse;
import io.millrace.v1.SubscribedRecord;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One Subscribe call: reads batches, takes them apart, and sends records in messages of about 128 KiB, each only when the one before has
 * left for the network. It holds one read of batches and one batch unpacked, within the decoder's limits.
 *
 * <p>{@link #turn} runs on the executor, one at a time ({@code isTurning}); the lock guards the fields that other threads touch.
 */
final class SubscribeStream {
    private static final int READ_BYTES = 256 << 10;
    private static final int MESSAGE_BYTES = 128 << 10;
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Fetches fetches;
    private final MemoryBudget budget;
    private final Errors errors;
    private final Executor executor;
    private final List<Place> places;
    private final ServerCallStreamObserver<SubscribeResponse> responses;
    private final long[] next;
    private final long[] end;
    private final Gate gate;
    private final Runnable onStop = this::stop;
    private final ReentrantLock lock = new ReentrantLock();

    // Of the turn alone.
    private final BatchReader reader = new BatchReader(DecodeLimits.DEFAULT);
    private Iterator<FetchAnswer> answers = List.<FetchAnswer>of().iterator();
    private FetchAnswer.@Nullable Records current;
    private @Nullable Iterator<Batches.Batch> batches;
    private boolean isBatchOpen;
    private boolean isGrantUsed;

    @GuardedBy("lock")
    private MemoryBudget.@Nullable Grant grant;

    @GuardedBy("lock")
    private @Nullable FetchSession waiting;

    @GuardedBy("lock")
    private @Nullable FetchSession readable;

    @GuardedBy("lock")
    private boolean isTurning;

    @GuardedBy("lock")
    private boolean isTurnWanted;

    @GuardedBy("lock")
    private boolean isEnded;

    SubscribeStream(
            Fetches fetches,
            MemoryBudget budget,
            Errors errors,
            Executor executor,
            Gate gate,
            List<Place> places,
            ServerCallStreamObserver<SubscribeResponse> responses) {
        this.fetches = fetches;
        this.budget = budget;
        this.errors = errors;
        this.executor = executor;
        this.places = places;
        this.gate = gate;
        this.responses = responses;
        this.next = new long[places.size()];
        this.end = new long[places.size()];
    }

    /** Finds the start; faults are thrown. Must be called before the call's handler returns. */
    void begin(Fetches.StartPoint from, boolean stopAtEnd) {
        for (int i = 0; i < places.size(); i++) {
            Fetches.FoundOffset found = fetches.find(places.get(i), from);
            next[i] = found.offset();
            end[i] = stopAtEnd ? found.status().logEnd() : Long.MAX_VALUE;
        }
        responses.setOnReadyHandler(this::wake);
        responses.setOnCancelHandler(this::cancel);
        gate.onStop(onStop);
        wake();
    }

    private void stop() {
        fail(gate.stoppingFault().asException());
        cancel();
    }

    private void wake() {
        lock.lock();
        try {
            if (isTurning || isEnded) {
                isTurnWanted = true;
                return;
            }
            isTurning = true;
        } finally {
            lock.unlock();
        }
        executor.execute(this::turn);
    }

    private void turn() {
        boolean again = true;
        while (again) {
            lock.lock();
            try {
                isTurnWanted = false;
            } finally {
                lock.unlock();
            }
            try {
                send();
            } catch (FaultException e) {
                fail(e);
            } catch (InvalidBatchException e) {
                fail(Fault.of(e.code(), resource(), "The stored batch cannot be unpacked: " + e.getMessage())
                        .asException());
            } catch (RuntimeException e) {
                fail(e);
            }
            lock.lock();
            try {
                again = isTurnWanted && !isEnded;
                isTurning = again;
            } finally {
                lock.unlock();
            }
        }
        if (isEnded()) {
            releaseGrant();
        }
    }

    private String resource() {
        FetchAnswer.Records records = current;
        return records == null ? "" : places.get(records.part()).resource();
    }

    /** Sends while the client takes; waits for records when there are none. */
    private void send() {
        while (!isEnded() && responses.isReady()) {
            SubscribeResponse message = message();
            if (message != null) {
                lock.lock();
                try {
                    if (!isEnded) {
                        responses.onNext(message);
                    }
                } finally {
                    lock.unlock();
                }
            } else if (isAllSent()) {
                complete();
            } else if (!readMore()) {
                return;
            }
        }
    }

    private @Nullable SubscribeResponse message() {
        SubscribeResponse.Builder message = SubscribeResponse.newBuilder();
        long bytes = 0;
        while (bytes < MESSAGE_BYTES && advance()) {
            FetchAnswer.Records records = current;
            if (records == null) {
                break;
            }
            int part = records.part();
            if (reader.offset() >= next[part] && reader.offset() < end[part]) {
                message.addRecords(record(places.get(part).id().number()));
                bytes += 32L + Math.max(0, reader.keyLength()) + Math.max(0, reader.valueLength());
                next[part] = reader.offset() + 1;
            }
        }
        return message.getRecordsCount() == 0 ? null : message.build();
    }

    /** Moves to the next record of what was read; false where there is none. */
    private boolean advance() {
        while (true) {
            if (isBatchOpen && reader.next()) {
                return true;
            }
            isBatchOpen = false;
            FetchAnswer.Records records = current;
            Iterator<Batches.Batch> rest = batches;
            if (records != null && rest != null && rest.hasNext()) {
                BatchHeader header = reader.open(records.batches(), rest.next().position());
                isBatchOpen = !header.isControl();
            } else if (!nextAnswer()) {
                return false;
            }
        }
    }

    private boolean nextAnswer() {
        FetchAnswer.Records done = current;
        if (done != null) {
            // Offsets may end in nothing: what was read is done, records or not.
            next[done.part()] = Math.max(next[done.part()], done.nextOffset());
            current = null;
        }
        batches = null;
        if (!answers.hasNext()) {
            if (isGrantUsed) {
                isGrantUsed = false;
                releaseGrant();
            }
            return false;
        }
        FetchAnswer answer = answers.next();
        if (answer instanceof FetchAnswer.Failed failed) {
            throw failed.fault().asException();
        }
        if (answer instanceof FetchAnswer.Records records) {
            current = records;
            batches = new Batches(records.batches()).iterator();
        }
        return true;
    }

    private SubscribedRecord record(int partition) {
        SubscribedRecord.Builder record = SubscribedRecord.newBuilder()
                .setPartition(partition)
                .setOffset(reader.offset())
                .setTimestampMillis(reader.timestamp());
        byte[] key = reader.key();
        if (key != null) {
            record.setKey(UnsafeByteOperations.unsafeWrap(key));
        }
        byte[] value = reader.value();
        if (value != null) {
            record.setValue(UnsafeByteOperations.unsafeWrap(value));
        }
        reader.headers().forEach(header -> {
            RecordHeader.Builder wire = RecordHeader.newBuilder().setKey(header.key());
            byte[] headerValue = header.value();
            if (headerValue != null) {
                wire.setValue(UnsafeByteOperations.unsafeWrap(headerValue));
            }
            record.addHeaders(wire);
        });
        return record.build();
    }

    private boolean isAllSent() {
        for (int i = 0; i < next.length; i++) {
            if (next[i] < end[i]) {
                return false;
            }
        }
        return true;
    }

    /** Takes what a session has found, or begins one; false where a later wake goes on. */
    private boolean readMore() {
        FetchSession session;
        lock.lock();
        try {
            session = readable;
            if (session == null && waiting != null) {
                return false;
            }
            readable = null;
        } finally {
            lock.unlock();
        }
        if (session == null) {
            await();
            return false;
        }
        if (!hasGrant()) {
            FetchSession found = session;
            budget.take(MemoryBudget.Lane.READ, READ_BYTES, taken -> granted(found, taken));
            return false;
        }
        isGrantUsed = true;
        answers = session.read().iterator();
        return true;
    }

    private boolean hasGrant() {
        lock.lock();
        try {
            return grant != null;
        } finally {
            lock.unlock();
        }
    }

    private void granted(FetchSession session, MemoryBudget.Grant taken) {
        boolean late;
        lock.lock();
        try {
            late = isEnded;
            if (!late) {
                grant = taken;
                readable = session;
            }
        } finally {
            lock.unlock();
        }
        if (late) {
            taken.close();
        } else {
            wake();
        }
    }

    private void await() {
        List<FetchQuery.Part> parts = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            Place place = places.get(i);
            parts.add(new FetchQuery.Part(
                    place.id().topic(), place.topic().name(), place.id().number(), next[i], READ_BYTES, null));
        }
        FetchSession[] self = new FetchSession[1];
        FetchSession session =
                fetches.open(new FetchQuery(parts, 1, READ_BYTES, WAIT_NANOS), () -> becameReadable(self[0]));
        self[0] = session;
        lock.lock();
        try {
            if (isEnded) {
                return;
            }
            waiting = session;
        } finally {
            lock.unlock();
        }
        fetches.start(session);
    }

    private void becameReadable(FetchSession session) {
        lock.lock();
        try {
            waiting = null;
            readable = session;
        } finally {
            lock.unlock();
        }
        wake();
    }

    private void releaseGrant() {
        MemoryBudget.Grant taken;
        lock.lock();
        try {
            taken = grant;
            grant = null;
        } finally {
            lock.unlock();
        }
        if (taken != null) {
            taken.close();
        }
    }

    private boolean isEnded() {
        lock.lock();
        try {
            return isEnded;
        } finally {
            lock.unlock();
        }
    }

    private void complete() {
        gate.forget(onStop);
        lock.lock();
        try {
            if (!isEnded) {
                isEnded = true;
                responses.onCompleted();
            }
        } finally {
            lock.unlock();
        }
    }

    private void fail(RuntimeException failure) {
        gate.forget(onStop);
        lock.lock();
        try {
            if (!isEnded) {
                isEnded = true;
                responses.onError(errors.exception(failure));
            }
        } finally {
            lock.unlock();
        }
    }

    private void cancel() {
        gate.forget(onStop);
        FetchSession session;
        boolean isIdle;
        lock.lock();
        try {
            isEnded = true;
            session = waiting;
            waiting = null;
            isIdle = !isTurning;
        } finally {
            lock.unlock();
        }
        if (session != null) {
            fetches.abandon(session);
        }
        if (isIdle) {
            releaseGrant();
        }
    }
}
