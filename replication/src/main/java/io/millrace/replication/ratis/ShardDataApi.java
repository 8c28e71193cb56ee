package io.millrace.replication.ratis;

import io.millrace.replication.ratis.Proposals.Pending;
import io.millrace.storage.FailStop;
import io.millrace.storage.ShardLog;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/**
 * The payload beside a shard's Raft log. Ratis calls {@link #write} in log order under the log's lock, {@link #flush} on its log writer
 * before it forces the headers, {@link #truncate} under the lock again. Overrides every method: the defaults succeed silently.
 *
 * <p>Failure is final: a payload that cannot be written or forced stops the node, because Ratis would go on leading with a dead log.
 */
final class ShardDataApi implements StateMachine.DataApi {
    /** What stands for the payload in Ratis' own data path: it makes Ratis call {@link #write}. */
    static final ByteString TOKEN = UnsafeByteOperations.unsafeWrap(new byte[] {1});

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final String name;
    private final ShardLog shardLog;
    private final DirectoryForce directory;
    private final FailStop failStop;
    private final LogTail tail;

    /** The shard log wants one caller at a time of append, forget and applied; Ratis has two threads that call them. */
    private final Object writing = new Object();

    ShardDataApi(String name, ShardLog shardLog, DirectoryForce directory, LogTail tail, FailStop failStop) {
        this.name = name;
        this.shardLog = shardLog;
        this.directory = directory;
        this.tail = tail;
        this.failStop = failStop;
    }

    /** Puts the payload into the tail of the shard log. On the leader it comes from the pending proposal. */
    @Override
    public CompletableFuture<?> write(LogEntryProto entry, @Nullable TransactionContext context) {
        try {
            if (context == null || !(context.getStateMachineContext() instanceof Pending<?> pending)) {
                throw new IllegalStateException("entry " + entry.getIndex() + " came without a proposal");
            }
            var proposal = pending.proposal();
            if (!proposal.payload().isEmpty()) {
                synchronized (writing) {
                    shardLog.append(entry.getTerm(), entry.getIndex(), proposal.payloadCrc(), proposal.payload());
                }
            }
            tail.advance(proposal.term(), proposal.seq());
            pending.entered(entry.getIndex());
            return DONE;
        } catch (Throwable e) {
            return failed("write the payload of entry " + entry.getIndex(), e);
        }
    }

    @Override
    public CompletableFuture<?> write(LogEntryProto entry) {
        return write(entry, null);
    }

    /** Forces every payload written so far. Ratis forces the headers after it. */
    @Override
    public CompletableFuture<Void> flush(long logIndex) {
        try {
            shardLog.flush();
            directory.forceWhenChanged();
            return DONE;
        } catch (Throwable e) {
            return failed("force payloads up to entry " + logIndex, e);
        }
    }

    /** @param logIndex the first index that is removed (Ratis' documentation says the last one that stays) */
    @Override
    public CompletableFuture<Void> truncate(long logIndex) {
        try {
            forget(logIndex);
            return DONE;
        } catch (Throwable e) {
            return failed("truncate payloads from entry " + logIndex, e);
        }
    }

    void forget(long raftIndex) {
        synchronized (writing) {
            shardLog.forget(raftIndex);
        }
    }

    void applied(long raftIndex) {
        synchronized (writing) {
            shardLog.applied(raftIndex);
        }
    }

    /** Never fails: Ratis takes a failed read for a failed log. The payload itself does not travel this way. */
    @Override
    public CompletableFuture<ByteString> read(LogEntryProto entry) {
        return CompletableFuture.completedFuture(TOKEN);
    }

    @Override
    public CompletableFuture<ByteString> read(LogEntryProto entry, @Nullable TransactionContext context) {
        return CompletableFuture.completedFuture(TOKEN);
    }

    @Override
    public CompletableFuture<StateMachine.DataStream> stream(RaftClientRequest request) {
        return CompletableFuture.failedFuture(unsupported());
    }

    @Override
    public CompletableFuture<?> link(StateMachine.@Nullable DataStream stream, LogEntryProto entry) {
        return CompletableFuture.failedFuture(unsupported());
    }

    @Override
    public long transferTo(Message request, WritableByteChannel stream) {
        throw unsupported();
    }

    private UnsupportedOperationException unsupported() {
        return new UnsupportedOperationException(name + " takes no Ratis data streams");
    }

    private <T> CompletableFuture<T> failed(String what, Throwable cause) {
        failStop.fail(name + ": cannot " + what, cause);
        return CompletableFuture.failedFuture(cause);
    }
}
