package io.millrace.broker.peer;

import com.google.protobuf.ByteString;
import io.millrace.broker.cluster.Address;
import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.cluster.Peer;
import io.millrace.internal.v1.FirstVoter;
import io.millrace.internal.v1.FormedCluster;
import java.nio.ByteBuffer;
import java.util.UUID;

/** What brokers tell of themselves, as messages, and back. Pure. */
final class MemberCodec {
    private MemberCodec() {}

    static io.millrace.internal.v1.Member encode(Member member) {
        Peer peer = member.peer();
        io.millrace.internal.v1.Member.Builder wire = io.millrace.internal.v1.Member.newBuilder()
                .setBroker(peer.broker())
                .setIncarnation(peer.incarnation())
                .setHost(peer.host())
                .setClusterPort(peer.clusterPort())
                .setRaftPort(peer.raftPort())
                .setPayloadPort(peer.payloadPort())
                .setDataShards(member.dataShards());
        UUID wanted = member.wantedCluster();
        if (wanted != null) {
            wire.setClusterId(bytes(wanted));
        }
        member.seeds().forEach(seed -> wire.addSeeds(seed.toString()));
        Formation formation = member.formed();
        if (formation != null) {
            wire.setFormed(encode(formation));
        }
        return wire.build();
    }

    private static FormedCluster encode(Formation formation) {
        FormedCluster.Builder wire = FormedCluster.newBuilder()
                .setClusterId(bytes(formation.clusterId()))
                .setDataShards(formation.dataShards());
        formation
                .voters()
                .forEach(voter -> wire.addVoters(FirstVoter.newBuilder()
                        .setBroker(voter.broker())
                        .setIncarnation(voter.incarnation())
                        .setHost(voter.host())
                        .setClusterPort(voter.clusterPort())
                        .setRaftPort(voter.raftPort())
                        .setPayloadPort(voter.payloadPort())));
        return wire.build();
    }

    /** @throws IllegalArgumentException where it makes no sense */
    static Member decode(io.millrace.internal.v1.Member wire) {
        return new Member(
                new Peer(
                        wire.getBroker(),
                        wire.getIncarnation(),
                        wire.getHost(),
                        wire.getClusterPort(),
                        wire.getRaftPort(),
                        wire.getPayloadPort()),
                wire.getClusterId().isEmpty() ? null : id(wire.getClusterId()),
                wire.getSeedsList().stream().map(Address::parse).toList(),
                wire.getDataShards(),
                wire.hasFormed() ? decode(wire.getFormed()) : null);
    }

    private static Formation decode(FormedCluster wire) {
        return new Formation(
                id(wire.getClusterId()),
                wire.getDataShards(),
                wire.getVotersList().stream()
                        .map(voter -> new Peer(
                                voter.getBroker(),
                                voter.getIncarnation(),
                                voter.getHost(),
                                voter.getClusterPort(),
                                voter.getRaftPort(),
                                voter.getPayloadPort()))
                        .toList());
    }

    static ByteString bytes(UUID id) {
        ByteBuffer bytes = ByteBuffer.allocate(16);
        bytes.putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip();
        return ByteString.copyFrom(bytes);
    }

    static UUID id(ByteString bytes) {
        if (bytes.size() != 16) {
            throw new IllegalArgumentException("an id has 16 bytes, not " + bytes.size());
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }
}
