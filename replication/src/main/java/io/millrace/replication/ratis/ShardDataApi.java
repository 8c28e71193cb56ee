package io.millrace.replication.ratis;

import io.millrace.replication.payload.PayloadExchange;
import io.millrace.replication.payload.ShardPayloads;
import io.millrace.replication.ratis.Proposals.Pending;
import io.millrace.storage.FailStop;
import java.nio.ByteBuffer;
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
    private final ShardPayloads payloads;
    private final @Nullable PayloadExchange exchange;
    private final DirectoryForce directory;
    private final FailStop failStop;
    private final LogTail tail;

    /** @param exchange null: no other broker has the shard */
    ShardDataApi(
            String name,
            ShardPayloads payloads,
            @Nullable PayloadExchange exchange,
            DirectoryForce directory,
            LogTail tail,
            FailStop failStop) {
        this.name = name;
        this.payloads = payloads;
        this.exchange = exchange;
        this.directory = directory;
        this.tail = tail;
        this.failStop = failStop;
    }

    /**
     * Sees to it that the payload gets into the tail of the shard log. On the leader it comes from the pending proposal, at once, and goes on its
     * way to the others; on a follower the future waits for it, and Ratis' log writer waits for the future before it writes the header.
     */
    @Override
    public CompletableFuture<?> write(LogEntryProto entry, @Nullable TransactionContext context) {
        try {
            if (context != null && context.getStateMachineContext() instanceof Pending<?> pending) {
                propose(entry, pending);
                return DONE;
            }
            return follow(entry);
        } catch (Throwable e) {
            return failed("write the payload of entry " + entry.getIndex(), e);
        }
    }

    private void propose(LogEntryProto entry, Pending<?> pending) {
        var proposal = pending.proposal();
        if (!proposal.payload().isEmpty()) {
            payloads.append(entry.getTerm(), entry.getIndex(), proposal.payloadCrc(), proposal.payload());
            if (exchange != null) {
                int length = 0;
                for (ByteBuffer part : proposal.payload()) {
                    length += part.remaining();
                }
                exchange.push(payloads, entry.getTerm(), entry.getIndex(), length, proposal.payloadCrc());
            }
        }
        tail.advance(proposal.term(), proposal.seq());
        pending.entered(entry.getIndex());
    }

    private CompletableFuture<Void> follow(LogEntryProto entry) {
        if (exchange == null) {
            throw new IllegalStateException("entry " + entry.getIndex() + " came without a proposal");
        }
        EntryEnvelope envelope = EntryEnvelope.decode(
                entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
        return envelope.hasPayload()
                ? exchange.expect(
                        payloads, entry.getTerm(), entry.getIndex(), envelope.payloadLength(), envelope.payloadCrc())
                : DONE;
    }

    @Override
    public CompletableFuture<?> write(LogEntryProto entry) {
        return write(entry, null);
    }

    /** Forces every payload written so far. Ratis forces the headers after it. */
    @Override
    public CompletableFuture<Void> flush(long logIndex) {
        try {
            payloads.flush();
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
            payloads.truncate(logIndex);
            return DONE;
        } catch (Throwable e) {
            return failed("truncate payloads from entry " + logIndex, e);
        }
    }

    void applied(long raftIndex) {
        payloads.applied(raftIndex);
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
