package io.millrace.replication.ratis;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.RaftVoter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;

/** Members and leadership of one Raft group. Calls go to the server of this process; thread safe. */
final class RaftGroupAdmin {
    private static final AtomicLong CALL_IDS = new AtomicLong();

    private final String name;
    private final RaftServer server;
    private final RaftServer.Division division;
    private final ClientId clientId = ClientId.randomId();

    RaftGroupAdmin(String name, RaftServer server, RaftServer.Division division) {
        this.name = name;
        this.server = server;
        this.division = division;
    }

    static RaftPeer peer(RaftVoter voter) {
        return RaftPeer.newBuilder()
                .setId(voter.peerId())
                .setAddress(voter.host() + ":" + voter.raftPort())
                .build();
    }

    private static RaftVoter voter(RaftPeer peer) {
        String id = peer.getId().toString();
        int colon = peer.getAddress().lastIndexOf(':');
        return new RaftVoter(
                RaftVoter.brokerId(id),
                RaftVoter.incarnation(id),
                peer.getAddress().substring(0, colon),
                Integer.parseInt(peer.getAddress().substring(colon + 1)));
    }

    private static List<RaftVoter> voters(Collection<RaftPeer> peers) {
        return peers.stream().map(RaftGroupAdmin::voter).toList();
    }

    ShardReplicas replicas() {
        RaftConfiguration configuration = division.getRaftConf();
        Map<String, Long> commits = new HashMap<>();
        long own = -1;
        for (var info : division.getCommitInfos()) {
            String id = RaftPeerId.valueOf(info.getServer().getId()).toString();
            if (id.equals(division.getId().toString())) {
                own = info.getCommitIndex();
            }
            commits.put(id, info.getCommitIndex());
        }
        return new ShardReplicas(
                voters(configuration.getCurrentPeers(RaftPeerRole.FOLLOWER)),
                voters(configuration.getCurrentPeers(RaftPeerRole.LISTENER)),
                !configuration.getPreviousPeers(RaftPeerRole.FOLLOWER).isEmpty(),
                own,
                commits);
    }

    /** The index up to which every peer is known to have the log; -1 where one has not been heard of. */
    long committedEverywhere() {
        RaftConfiguration configuration = division.getRaftConf();
        List<RaftPeer> all = new ArrayList<>(configuration.getAllPeers(RaftPeerRole.FOLLOWER));
        all.addAll(configuration.getAllPeers(RaftPeerRole.LISTENER));
        Map<String, Long> known = replicas().commitIndexes();
        long least = Long.MAX_VALUE;
        for (RaftPeer each : all) {
            least = Math.min(least, known.getOrDefault(each.getId().toString(), -1L));
        }
        return least == Long.MAX_VALUE ? -1 : least;
    }

    /** Makes these the peers. On the leader; completes when the new configuration is committed. Faults: NOT_LEADER, SHARD_UNAVAILABLE. */
    CompletableFuture<Void> reconfigure(List<RaftVoter> voters, List<RaftVoter> listeners, long timeoutMillis) {
        SetConfigurationRequest.Arguments arguments = SetConfigurationRequest.Arguments.newBuilder()
                .setServersInNewConf(voters.stream().map(RaftGroupAdmin::peer).toList())
                .setListenersInNewConf(
                        listeners.stream().map(RaftGroupAdmin::peer).toList())
                .setMode(SetConfigurationRequest.Mode.SET_UNCONDITIONALLY)
                .build();
        SetConfigurationRequest request = new SetConfigurationRequest(
                clientId, division.getId(), division.getMemberId().getGroupId(), CALL_IDS.incrementAndGet(), arguments);
        try {
            return outcome(server.setConfigurationAsync(request), "the members were not changed", timeoutMillis);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(fault(e, "the members were not changed"));
        }
    }

    /** Hands leadership to a voter. On the leader; completes when that one leads. Faults: NOT_LEADER, SHARD_UNAVAILABLE. */
    CompletableFuture<Void> transfer(String peerId, long timeoutMillis) {
        TransferLeadershipRequest request = new TransferLeadershipRequest(
                clientId,
                division.getId(),
                division.getMemberId().getGroupId(),
                CALL_IDS.incrementAndGet(),
                RaftPeerId.valueOf(peerId),
                timeoutMillis);
        try {
            return outcome(
                    server.transferLeadershipAsync(request), "leadership was not handed to " + peerId, timeoutMillis);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(fault(e, "leadership was not handed to " + peerId));
        }
    }

    private CompletableFuture<Void> outcome(CompletableFuture<RaftClientReply> reply, String what, long timeoutMillis) {
        // Ratis has waits of its own, some without end.
        return reply.orTimeout(timeoutMillis + 1_000, TimeUnit.MILLISECONDS).handle((answer, failure) -> {
            Throwable cause = failure != null ? failure : answer.getException();
            if (cause != null) {
                throw fault(cause, what);
            }
            return null;
        });
    }

    private FaultException fault(Throwable cause, String what) {
        ErrorCode code = division.getInfo().isLeader() ? ErrorCode.SHARD_UNAVAILABLE : ErrorCode.NOT_LEADER;
        return new FaultException(Fault.of(code, name, what + ": " + cause.getMessage()), cause);
    }

    /**
     * Stands for election at once. Only where the leader's process is known to have ended: the request is the one by which a leader hands over, which
     * skips asking the others first, so that against a living leader it would raise a second one.
     *
     * @return false: Raft does not think that this replica should; the usual timeout goes on
     */
    boolean standForElection(String deadLeader) throws IOException {
        TermIndex last = division.getRaftLog().getLastEntryTermIndex();
        long term = division.getInfo().getCurrentTerm();
        if (last == null || !division.getInfo().isFollower() || last.getTerm() != term) {
            return false;
        }
        return server.startLeaderElection(StartLeaderElectionRequestProto.newBuilder()
                        .setServerRequest(RaftRpcRequestProto.newBuilder()
                                .setRequestorId(RaftPeerId.valueOf(deadLeader).toByteString())
                                .setReplyId(division.getId().toByteString())
                                .setRaftGroupId(org.apache.ratis.proto.RaftProtos.RaftGroupIdProto.newBuilder()
                                        .setId(division.getMemberId()
                                                .getGroupId()
                                                .toByteString())))
                        .setLeaderLastEntry(
                                TermIndexProto.newBuilder().setTerm(term).setIndex(last.getIndex()))
                        .build())
                .getServerReply()
                .getSuccess();
    }
}
