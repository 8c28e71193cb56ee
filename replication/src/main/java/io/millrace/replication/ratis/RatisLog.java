package io.millrace.replication.ratis;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.Leadership;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.payload.PayloadExchange;
import io.millrace.replication.payload.ShardMembers;
import io.millrace.replication.payload.ShardPayloads;
import io.millrace.replication.ratis.Proposals.Pending;
import io.millrace.replication.ratis.ShardStateMachine.ProposalMessage;
import io.millrace.storage.FailStop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard's log over Ratis. Proposals go straight into the Raft server of this process, without a client; results come from the apply
 * thread, on which the futures complete: what hangs on them must be short.
 *
 * <p>Thread safe. A watchdog of the {@link RatisHost} calls {@link #watch} several times a second: it is what bounds every wait.
 */
final class RatisLog<R> implements ReplicatedLog<R>, ShardMembers {
    private static final Logger log = LoggerFactory.getLogger(RatisLog.class);

    private final String name;
    private final RaftGroupId groupId;
    private final RaftPeerId peerId;
    private final FailStop failStop;
    private final LongSupplier nanos;
    private final long proposalTimeoutNanos;
    private final long stallTimeoutNanos;

    private final ClientId clientId = ClientId.randomId();
    private final int brokerId;
    private final @Nullable PayloadExchange exchange;
    private final ShardPayloads payloads;
    private final RetainedLog retained; // of one checkpoint at a time
    private final AtomicLong callIds = new AtomicLong();
    private final Proposals<R> proposals;
    private final LeadershipView leadership;
    private final ShardStateMachine<R> stateMachine;

    private volatile long checkpointedIndex = -1; // written by one checkpoint at a time
    private volatile @Nullable RaftGroupAdmin admin;
    private volatile RaftServer.@Nullable Division division;
    private volatile boolean closing;
    private volatile @Nullable Throwable quarantined;

    /** When the call into Ratis began that is running now; 0: none. Proposals come from one thread. */
    private volatile long inCallSinceNanos;

    // Of the watchdog alone:
    private long flushedIndex = Long.MIN_VALUE;
    private long flushedSinceNanos;

    RatisLog(
            String name,
            RaftGroupId groupId,
            Path raftDirectory,
            RatisConfig config,
            RaftGroupSpec<R> group,
            @Nullable PayloadExchange exchange,
            Runnable behind,
            FailStop failStop) {
        this.name = name;
        this.groupId = groupId;
        this.peerId = RaftPeerId.valueOf(config.peerId());
        this.brokerId = config.brokerId();
        this.exchange = exchange;
        this.failStop = failStop;
        this.nanos = config.nanos();
        this.proposalTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(config.proposalTimeoutMillis());
        this.stallTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(config.stallTimeoutMillis());
        this.retained = new RetainedLog(config.retained());
        this.proposals = new Proposals<>(name);
        this.leadership = new LeadershipView(group.machine()::onLeadership);
        this.payloads = new ShardPayloads(group.shard(), group.shardLog(), group.machine()::payload);
        payloads.members(this);
        if (exchange != null) {
            exchange.open(payloads);
        }
        LogTail tail = new LogTail();
        ShardDataApi data =
                new ShardDataApi(name, payloads, exchange, new DirectoryForce(raftDirectory), tail, failStop);
        this.stateMachine = new ShardStateMachine<>(
                name,
                config.peerId(),
                group,
                data,
                proposals,
                leadership,
                tail,
                failStop,
                this::quarantine,
                () -> closing,
                behind);
    }

    ShardStateMachine<R> stateMachine() {
        return stateMachine;
    }

    void attach(RaftServer server, RaftServer.Division attached) {
        admin = new RaftGroupAdmin(name, server, attached);
        division = attached;
    }

    /** Null: not started yet. */
    @Nullable
    RaftGroupAdmin admin() {
        return admin;
    }

    @Override
    public int leader() {
        return leadership.current().leaderBroker();
    }

    @Override
    public Set<Integer> others() {
        RaftServer.Division server = division;
        if (server == null) {
            return Set.of();
        }
        RaftConfiguration configuration = server.getRaftConf();
        Set<Integer> others = new HashSet<>();
        for (RaftPeerRole role : List.of(RaftPeerRole.FOLLOWER, RaftPeerRole.LISTENER)) {
            for (RaftPeer peer : configuration.getAllPeers(role)) {
                others.add(RaftVoter.brokerId(peer.getId().toString()));
            }
        }
        others.remove(brokerId);
        return others;
    }

    @Override
    public CompletableFuture<R> propose(Proposal proposal) {
        Pending<R> pending;
        RaftServer.Division server;
        try {
            server = server();
            pending = proposals.add(proposal, nanos.getAsLong());
        } catch (FaultException e) {
            return CompletableFuture.failedFuture(e);
        }
        inCallSinceNanos = nanos.getAsLong() | 1; // never 0
        try {
            // The division itself takes client requests; through the server they cross one more thread.
            var unused = ((RaftClientAsynchronousProtocol) server)
                    .submitClientRequestAsync(request(pending))
                    .whenComplete((reply, failure) -> replied(pending, reply, failure));
        } catch (IOException | RuntimeException e) {
            replied(pending, null, e);
        } catch (Error e) {
            failStop.fail(name + ": proposing", e);
            replied(pending, null, e);
        } finally {
            inCallSinceNanos = 0;
        }
        return pending.future();
    }

    private RaftServer.Division server() {
        RaftServer.Division attached = division;
        if (closing) {
            throw Fault.of(ErrorCode.STOPPING, name, "the broker is stopping").asException();
        }
        Throwable damage = quarantined;
        if (damage != null) {
            throw new FaultException(Fault.of(ErrorCode.SHARD_UNAVAILABLE, name, "the shard is quarantined"), damage);
        }
        if (attached == null) {
            throw Fault.of(ErrorCode.NOT_LEADER, name, "the shard is starting").asException();
        }
        return attached;
    }

    private RaftClientRequest request(Pending<R> pending) {
        Proposal proposal = pending.proposal();
        if (proposal.body().length > RatisSettings.MAX_BODY_BYTES) {
            throw new IllegalArgumentException("a body of " + proposal.body().length + " bytes");
        }
        boolean hasPayload = !proposal.payload().isEmpty();
        int payloadBytes = 0;
        for (ByteBuffer buffer : proposal.payload()) {
            payloadBytes = Math.addExact(payloadBytes, buffer.remaining());
        }
        byte[] envelope = new EntryEnvelope(
                        proposal.term(),
                        proposal.seq(),
                        hasPayload,
                        payloadBytes,
                        hasPayload ? proposal.payloadCrc() : 0,
                        proposal.body())
                .encode();
        return RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(peerId)
                .setGroupId(groupId)
                .setCallId(callIds.incrementAndGet())
                .setType(RaftClientRequest.writeRequestType())
                .setMessage(new ProposalMessage<>(pending, UnsafeByteOperations.unsafeWrap(envelope)))
                .build();
    }

    /** Ratis is done with a proposal. A success was told to the proposer when the entry was applied. */
    private void replied(Pending<R> pending, @Nullable RaftClientReply reply, @Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (reply != null && reply.getException() != null) {
            cause = reply.getException();
        }
        if (cause != null) {
            pending.refused(); // where it did not enter the log, it never will
            proposals.fail(pending, ErrorCode.NOT_LEADER, "not taken: " + cause.getMessage(), cause);
        }
    }

    /** Called by the watchdog: fails what waits too long, stops the node where its own disk does not get on. */
    void watch(long nowNanos) {
        proposals.expire(nowNanos - proposalTimeoutNanos);
        RaftServer.Division server = division;
        if (server == null || closing) {
            return;
        }
        if (quarantined != null) {
            proposals.failAll(ErrorCode.SHARD_UNAVAILABLE, "the shard is quarantined", quarantined);
            return;
        }
        DivisionInfo info = server.getInfo();
        if (!info.getLifeCycleState().isRunning()) {
            quarantine(new IllegalStateException(name + ": Raft is " + info.getLifeCycleState()));
            return;
        }
        long callSince = inCallSinceNanos;
        if (callSince != 0 && nowNanos - callSince > stallTimeoutNanos) {
            failStop.fail(name + ": a call into Raft hangs", new IllegalStateException("no return"));
        }
        watchDisk(server.getRaftLog(), nowNanos);
    }

    private void watchDisk(RaftLog raftLog, long nowNanos) {
        long flushed = raftLog.getFlushIndex();
        if (flushed != flushedIndex || flushed + 1 >= raftLog.getNextIndex()) {
            flushedIndex = flushed;
            flushedSinceNanos = nowNanos;
        } else if (nowNanos - flushedSinceNanos > stallTimeoutNanos) {
            failStop.fail(
                    name + ": entries after " + flushed + " do not reach the disk",
                    new IllegalStateException("stalled"));
        }
    }

    /** The shard is out of use; the others go on. */
    private void quarantine(Throwable cause) {
        if (quarantined == null && !closing) {
            quarantined = cause;
            log.error("{} is quarantined: it takes no part any more until the broker is restarted", name, cause);
        }
        leadership.lost(Long.MAX_VALUE);
    }

    @Nullable
    Throwable quarantined() {
        return quarantined;
    }

    /** How far Raft has forced its entries; -1: not at all. */
    long flushedIndex() {
        RaftServer.Division server = division;
        return server == null ? -1 : server.getRaftLog().getFlushIndex();
    }

    @Override
    public Leadership leadership() {
        return leadership.current();
    }

    @Override
    public long firstIndex() {
        RaftServer.Division server = division;
        return server == null ? 0 : Math.max(0, server.getRaftLog().getStartIndex());
    }

    /** This replica asks itself, at a start, for entries above its durable index; others ask for what its Raft log still holds. */
    @Override
    public long payloadFloor() {
        return exchange == null ? checkpointedIndex + 1 : Math.min(checkpointedIndex + 1, firstIndex());
    }

    @Override
    public void checkpointed(long raftIndex) {
        checkpointedIndex = Math.max(checkpointedIndex, raftIndex);
        RaftServer.Division server = division;
        RaftGroupAdmin members = admin;
        if (server == null || members == null || closing || quarantined != null) {
            return;
        }
        RaftLog raftLog = server.getRaftLog();
        var entry = raftLog.getTermIndex(raftIndex);
        if (entry == null || raftIndex > stateMachine.getLastAppliedTermIndex().getIndex()) {
            return; // purged before, or not ours to purge
        }
        stateMachine.checkpointed(entry.getTerm(), raftIndex);
        long purgeable =
                retained.purgeable(raftIndex, members.committedEverywhere(), stateMachine.appliedPayloadBytes());
        // The newest stays: it says which term and index come next. Ratis purges whole segments; it logs a failure, and
        // the next one repeats it.
        long upTo = Math.min(purgeable, raftLog.getNextIndex() - 2);
        if (upTo >= raftLog.getStartIndex()) {
            var unused = raftLog.purge(upTo);
        }
    }

    /** Stops taking proposals; those in flight may still finish. */
    void stopTaking() {
        closing = true;
    }

    /** Lets go of the log writer, which may wait for a payload. */
    void stopWaiting() {
        if (exchange == null) {
            payloads.close();
        } else {
            exchange.close(payloads);
        }
    }

    int inFlight() {
        return proposals.size();
    }

    @Override
    public void close() {
        stopTaking();
        RaftServer.Division server = division;
        if (server != null) {
            stopWaiting();
            RatisHost.closeInTime(name, server, nanos);
        }
        closed();
    }

    /** Raft has stopped: nothing completes any more. */
    void closed() {
        leadership.lost(Long.MAX_VALUE);
        proposals.failAll(ErrorCode.STOPPING, "the broker is stopping", null);
    }

    @Override
    public String toString() {
        return name;
    }
}
