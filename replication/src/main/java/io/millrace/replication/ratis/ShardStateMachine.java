package io.millrace.replication.ratis;

import io.millrace.replication.ReplicatedMachine;
import io.millrace.replication.ratis.Proposals.Pending;
import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.FailStop;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.StorageException;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * Adapts a {@link ReplicatedMachine} to Ratis. Entries arrive as {@link EntryEnvelope}s and leave as bodies with the place of their
 * payload; Ratis' own entries only move the applied index on.
 *
 * <p>There are no snapshot files: the machine's own storage is the snapshot, so this class reports what that storage holds durably.
 *
 * <p>{@link #applyTransaction} and the notifications about entries come from Ratis' one apply thread, {@link #preAppendTransaction} from
 * the proposer under Ratis' log lock, leadership from any thread. A throw while applying makes Ratis close this shard, and no other.
 */
final class ShardStateMachine<R>
        implements StateMachine, StateMachine.EventApi, StateMachine.LeaderEventApi, StateMachine.FollowerEventApi {
    private final String name;
    private final String self;
    private final ShardLog shardLog;
    private final ShardDataApi data;
    private final ReplicatedMachine<R> machine;
    private final Proposals<R> proposals;
    private final LeadershipView leadership;
    private final LogTail tail;
    private final FailStop failStop;
    private final Consumer<Throwable> quarantine;
    private final BooleanSupplier closing;
    private final Runnable behind;

    private volatile long appliedPayloadBytes; // written by the apply thread alone
    private volatile TermIndex applied;
    private volatile @Nullable TermIndex durable;
    private volatile RaftServer.@Nullable Division division;

    // Of the apply thread alone:
    private LogPosition logEnd;
    private long configuredTerm = -1;

    ShardStateMachine(
            String name,
            String self,
            RaftGroupSpec<R> group,
            ShardDataApi data,
            Proposals<R> proposals,
            LeadershipView leadership,
            LogTail tail,
            FailStop failStop,
            Consumer<Throwable> quarantine,
            BooleanSupplier closing,
            Runnable behind) {
        this.name = name;
        this.self = self;
        this.shardLog = group.shardLog();
        this.machine = group.machine();
        this.data = data;
        this.proposals = proposals;
        this.leadership = leadership;
        this.tail = tail;
        this.failStop = failStop;
        this.quarantine = quarantine;
        this.closing = closing;
        this.behind = behind;
        AppliedMark mark = machine.applied();
        this.applied =
                mark.raftIndex() < 0 ? TermIndex.INITIAL_VALUE : TermIndex.valueOf(mark.term(), mark.raftIndex());
        this.durable = mark.raftIndex() < 0 ? null : applied;
        this.logEnd = mark.logEnd();
    }

    /** The message of a proposal, which carries the proposal itself on to {@link #startTransaction}. */
    record ProposalMessage<R>(Pending<R> pending, ByteString content) implements Message {
        @Override
        public ByteString getContent() {
            return content;
        }
    }

    /** Everything up to this index is durable in the machine's storage: it is what Ratis sees as the latest snapshot. */
    void checkpointed(long term, long raftIndex) {
        TermIndex known = durable;
        if (known == null || known.getIndex() < raftIndex) {
            durable = TermIndex.valueOf(term, raftIndex);
        }
    }

    // Proposing

    /** Refuses what did not come through this process' proposer: nobody else may write to a shard. */
    @Override
    public TransactionContext startTransaction(RaftClientRequest request) throws StateMachineException {
        if (!(request.getMessage() instanceof ProposalMessage<?> message)) {
            throw new StateMachineException(name + " takes entries from its own proposer only", false);
        }
        return TransactionContext.newBuilder()
                .setStateMachine(this)
                .setClientRequest(request)
                .setLogData(message.content())
                .setStateMachineData(ShardDataApi.TOKEN)
                .setStateMachineContext(message.pending())
                .build();
    }

    @Override
    public TransactionContext preAppendTransaction(TransactionContext transaction) throws StateMachineException {
        Pending<?> pending = pending(transaction);
        long term = pending.proposal().term();
        long seq = pending.proposal().seq();
        RaftServer.Division attached = division;
        if (attached == null || term != attached.getInfo().getCurrentTerm() || !tail.isNext(term, seq)) {
            throw refusal(pending);
        }
        if (!pending.entering()) {
            throw refusal(pending); // it has failed meanwhile, and its buffers may be in use again
        }
        if (!machine.admits(term, seq)) {
            pending.refused();
            throw refusal(pending);
        }
        return transaction;
    }

    private StateMachineException refusal(Pending<?> pending) {
        long term = pending.proposal().term();
        return new StateMachineException(
                name + ": entry " + pending.proposal().seq() + " of term " + term + " is not next", false);
    }

    private static Pending<?> pending(TransactionContext transaction) {
        return (Pending<?>) transaction.getStateMachineContext();
    }

    @Override
    public TransactionContext cancelTransaction(TransactionContext transaction) {
        return transaction; // the reply says so too
    }

    // Applying

    @Override
    public TransactionContext applyTransactionSerial(TransactionContext transaction) {
        return transaction;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        try {
            apply(entry);
        } catch (RuntimeException e) {
            quarantine.accept(e);
            throw e;
        } catch (Error e) {
            failStop.fail(name + ": applying entry " + entry.getIndex(), e);
            throw e;
        }
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    private void apply(LogEntryProto entry) {
        long index = entry.getIndex();
        if (index <= machine.applied().raftIndex()) {
            return;
        }
        ByteString logData = entry.getStateMachineLogEntry().getLogData();
        EntryEnvelope envelope = EntryEnvelope.decode(logData.asReadOnlyByteBuffer());
        Extent payload = null;
        if (envelope.hasPayload()) {
            Frame frame = shardLog.find(entry.getTerm(), index);
            if (frame == null || !RaftLogRecovery.fits(envelope, frame)) {
                throw new StorageException(
                        StorageException.Kind.CORRUPT, name + ": no payload for entry " + index + ", but " + frame);
            }
            payload = frame.payload();
            logEnd = frame.end();
            long bytes = appliedPayloadBytes + payload.length();
            appliedPayloadBytes = bytes;
        }
        R result = machine.apply(entry.getTerm(), index, envelope.body(), payload, logEnd);
        data.applied(index);
        applied = TermIndex.valueOf(entry.getTerm(), index);
        proposals.applied(envelope.term(), envelope.seq(), index, result);
    }

    long appliedPayloadBytes() {
        return appliedPayloadBytes;
    }

    /**
     * On the leader it comes before {@link #notifyLeaderReady} and {@link #notifyTermIndexUpdated} for the same entry. On a follower it may also tell, on another thread, of an
     * entry that lies far ahead, when the leader asks a newcomer for a snapshot: what is applied must not move by that.
     */
    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        RaftServer.Division attached = division;
        if (attached != null && attached.getInfo().isLeader()) {
            configuredTerm = term;
            notifyTermIndexUpdated(term, index);
        }
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        if (index > machine.applied().raftIndex()) {
            machine.passed(term, index);
        }
        if (index > applied.getIndex()) {
            applied = TermIndex.valueOf(term, index);
        }
    }

    @Override
    public TermIndex getLastAppliedTermIndex() {
        return applied;
    }

    // Leadership

    @Override
    public void notifyLeaderReady() {
        leadership.ready(configuredTerm, self);
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pendingEntries) {
        RaftServer.Division attached = division;
        leadership.lost(attached == null ? 0 : attached.getInfo().getCurrentTerm());
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId groupMemberId, @Nullable RaftPeerId newLeaderId) {
        RaftServer.Division attached = division;
        if (attached != null) {
            leadership.elected(
                    attached.getInfo().getCurrentTerm(), newLeaderId == null ? null : newLeaderId.toString());
        }
    }

    // Failure

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        if (closing.getAsBoolean()) {
            return; // the group is being closed: what it waits for fails, and nothing of it was acknowledged
        }
        String where = failedEntry == null ? "a segment" : "entry " + failedEntry.getIndex();
        failStop.fail(name + ": the Raft log failed at " + where, cause);
    }

    @Override
    public void notifyServerShutdown(RoleInfoProto roleInfo, boolean allServer) {
        if (!allServer && !closing.getAsBoolean()) {
            quarantine.accept(new IllegalStateException(name + ": Raft has shut the group down"));
        }
    }

    // Snapshots: none as files

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        TermIndex known = durable;
        return known == null ? null : new DurableIndex(known);
    }

    private record DurableIndex(TermIndex termIndex) implements SnapshotInfo {
        @Override
        public TermIndex getTermIndex() {
            return termIndex;
        }

        @Override
        public List<FileInfo> getFiles() {
            return List.of();
        }
    }

    /** Ratis is told not to ask; where it does, this is what is durable already. */
    @Override
    public long takeSnapshot() {
        TermIndex known = durable;
        return known == null ? -1 : known.getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return new NoFiles();
    }

    private final class NoFiles implements StateMachineStorage {
        @Override
        public void init(RaftStorage raftStorage) {}

        @Override
        public @Nullable SnapshotInfo getLatestSnapshot() {
            return ShardStateMachine.this.getLatestSnapshot();
        }

        @Override
        public void format() {}

        @Override
        public void cleanupOldSnapshots(SnapshotRetentionPolicy policy) {}
    }

    /**
     * The leader's log begins after what this replica has, or the leader asks a newcomer as it asks each. A checkpoint is copied, and the replica opened anew over it,
     * outside of Ratis; what Ratis hears is that there is no snapshot: a newcomer then gets the log, and one that is behind is asked again.
     */
    @Override
    public CompletableFuture<@Nullable TermIndex> notifyInstallSnapshotFromLeader(
            RoleInfoProto roleInfoProto, TermIndex firstTermIndexInLog) {
        RaftServer.Division attached = division;
        if (attached == null
                || firstTermIndexInLog.getIndex() > attached.getRaftLog().getNextIndex()) {
            behind.run();
        }
        return CompletableFuture.completedFuture(null);
    }

    // What is left of the interface

    @Override
    public DataApi data() {
        return data;
    }

    @Override
    public void initialize(RaftServer raftServer, RaftGroupId raftGroupId, RaftStorage storage) throws IOException {
        division = raftServer.getDivision(raftGroupId);
    }

    @Override
    public LifeCycle.State getLifeCycleState() {
        return LifeCycle.State.RUNNING;
    }

    @Override
    public void pause() {}

    @Override
    public void reinitialize() {}

    @Override
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException(name + " is not read through Raft"));
    }

    @Override
    public CompletableFuture<Message> queryStale(Message request, long minIndex) {
        return query(request);
    }

    /** Closes nothing: Ratis' log is flushed after this call, and needs the shard log for it. */
    @Override
    public void close() {}

    @Override
    public String toString() {
        return name;
    }
}
