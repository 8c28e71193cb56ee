package io.millrace.broker.member;

import io.millrace.broker.cluster.AtLeader;
import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.cluster.Peer;
import io.millrace.broker.config.BrokerConfig;
import io.millrace.broker.host.DataDirectory;
import io.millrace.broker.host.OpenShards;
import io.millrace.broker.metadata.MetadataView;
import io.millrace.broker.peer.PeerClient;
import io.millrace.broker.peer.PeerServer;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.Leadership;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.payload.PayloadEvents;
import io.millrace.replication.payload.PayloadExchange;
import io.millrace.replication.peer.NettyPeerStreams;
import io.millrace.replication.peer.PeerAddress;
import io.millrace.replication.peer.PeerConfig;
import io.millrace.replication.peer.ShardLeader;
import io.millrace.replication.ratis.RatisEvents;
import io.millrace.replication.ratis.RatisHost;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker among the others, before and below its shards: it is in the cluster (formed, joined, or of old), listens for the others and has streams to them, and
 * hears who leads what. Thread safe; closed after the shards.
 */
public final class Membership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

    private final Member self;
    private final Formation formation;
    private final BrokerConfig.Peers config;
    private final PeerServer server;
    private final PeerClient peers;
    private final PeerBook book;
    private final LeaderTable leaders;
    private final PayloadExchange exchange;
    private final NettyPeerStreams streams;
    private final Heard heard;

    private Membership(
            Member self,
            Formation formation,
            BrokerConfig.Peers config,
            PeerServer server,
            PeerClient peers,
            PeerBook book,
            LeaderTable leaders,
            PayloadExchange exchange,
            NettyPeerStreams streams,
            Heard heard) {
        this.self = self;
        this.formation = formation;
        this.config = config;
        this.server = server;
        this.peers = peers;
        this.book = book;
        this.leaders = leaders;
        this.exchange = exchange;
        this.streams = streams;
        this.heard = heard;
    }

    /**
     * Gets this broker into its cluster; blocks until it is in. A directory that is a member already asks nobody.
     *
     * @param view of the metadata, empty yet
     * @param executor runs calls of other brokers, which may block
     * @throws FaultException WRONG_CLUSTER, BROKER_ID_IN_USE, STALE_BROKER, PORT_IN_USE, INVALID_CONFIG; CANCELLED where the thread is interrupted
     */
    public static Membership begin(
            BrokerConfig config, DataDirectory directory, MetadataView view, LongSupplier nanos, Executor executor) {
        Member me = member(config, directory);
        PeerServer server = PeerServer.start(config.peers().host(), me, nanos, executor);
        PeerBook[] book = new PeerBook[1];
        PeerClient peers = new PeerClient(server::self, broker -> book[0] == null ? null : book[0].peer(broker), nanos);
        NettyPeerStreams streams = null;
        try {
            Formation formation = formation(directory, me, server, peers, nanos, executor);
            book[0] = new PeerBook(formation, view::image);
            LeaderTable leaders = new LeaderTable();
            Heard heard = new Heard(leaders);
            PayloadExchange exchange = new PayloadExchange(heard, nanos);
            streams = streams(config, directory, exchange);
            exchange.attach(streams);
            Membership membership = new Membership(
                    server.self(),
                    formation,
                    config.peers(),
                    server,
                    peers,
                    book[0],
                    leaders,
                    exchange,
                    streams,
                    heard);
            membership.connect();
            return membership;
        } catch (RuntimeException e) {
            if (streams != null) {
                streams.close();
            }
            peers.close();
            server.close();
            throw e;
        }
    }

    private static Member member(BrokerConfig config, DataDirectory directory) {
        BrokerConfig.Peers ports = config.peers();
        Peer peer = new Peer(
                config.cluster().brokerId(),
                directory.identity().incarnation(),
                ports.reachedAt(),
                ports.clusterPort(),
                ports.raftPort(),
                ports.payloadPort());
        return new Member(
                peer, config.cluster().id(), ports.seeds(), config.storage().shards(), directory.formation());
    }

    private static Formation formation(
            DataDirectory directory,
            Member me,
            PeerServer server,
            PeerClient peers,
            LongSupplier nanos,
            Executor executor) {
        Formation known = directory.formation();
        if (known != null) {
            return known;
        }
        UUID newCluster = directory.identity().clusterId();
        Formation agreed = new Seeds(peers, executor, nanos).ask(me, newCluster);
        // On the disk before anyone hears of it, and before a group starts.
        directory.join(agreed);
        server.introduce(me.formed(agreed));
        LOG.info(
                "Broker {} is {} cluster {}",
                me.peer().broker(),
                agreed.contains(me.peer()) ? "one of the first of" : "to join",
                agreed.clusterId());
        return agreed;
    }

    private static NettyPeerStreams streams(BrokerConfig config, DataDirectory directory, PayloadExchange exchange) {
        try {
            return NettyPeerStreams.start(
                    new PeerConfig(
                            directory.identity().clusterId(),
                            config.cluster().brokerId(),
                            directory.identity().incarnation(),
                            config.peers().host(),
                            config.peers().payloadPort()),
                    exchange);
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.PORT_IN_USE,
                            "port/" + config.peers().payloadPort(),
                            e.getMessage() + ". Stop the process that has the port, or set cluster.payload-port."),
                    e);
        }
    }

    /** What comes over the streams: who leads, and who died. */
    private static final class Heard implements PayloadEvents {
        private final LeaderTable leaders;
        private volatile @Nullable RatisHost raft;

        private Heard(LeaderTable leaders) {
            this.leaders = leaders;
        }

        @Override
        public void announced(ShardLeader leader) {
            leaders.announced(leader.shard(), leader.term(), leader.broker());
        }

        @Override
        public void connection(int broker, boolean isUp) {
            LOG.info("Stream to broker {} {}", broker, isUp ? "is up" : "broke");
        }

        @Override
        public void died(int broker) {
            LOG.info("Broker {} has ended: nobody listens there any more", broker);
            leaders.gone(broker);
            RatisHost host = raft;
            if (host != null) {
                host.died(broker);
            }
        }
    }

    /** The shards that this broker opens: those of its directory, and all where it is one of the first of the cluster. */
    public SortedSet<Integer> shardIds(DataDirectory directory) {
        SortedSet<Integer> ids = new TreeSet<>(directory.shards());
        if (formation.contains(self.peer())) {
            for (int id = 0; id <= formation.dataShards(); id++) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** How the shards are to be replicated. */
    public OpenShards.Replicated replicated(RatisEvents events) {
        List<RaftVoter> voters = formation.contains(self.peer())
                ? formation.voters().stream().map(PeerBook::voter).toList()
                : List.of();
        return new OpenShards.Replicated(voters, config.host(), config.raftPort(), exchange, events);
    }

    /** From now on a dead broker makes replicas here stand for election. */
    public void opened(OpenShards shards) {
        heard.raft = shards.raft();
    }

    /** This broker's replica of a shard sees another leader. Does not block. */
    public void leadershipChanged(int shard, Leadership now) {
        if (now.leading()) {
            streams.announce(new ShardLeader(shard, now.term(), self.peer().broker()));
        } else {
            streams.retract(shard);
        }
        leaders.seen(shard, now, self.peer().broker());
        server.metadataChanged();
    }

    /** Streams to all brokers that are known by now. */
    void connect() {
        Map<Integer, PeerAddress> addresses = new HashMap<>();
        book.all().forEach((broker, peer) -> {
            if (broker != self.peer().broker()) {
                addresses.put(broker, new PeerAddress(peer.host(), peer.payloadPort(), peer.incarnation()));
            }
        });
        streams.connectTo(addresses);
    }

    public LeaderTable leaders() {
        return leaders;
    }

    public AtLeader atLeader(LongSupplier nanos) {
        return new AtLeader(leaders, nanos);
    }

    public PeerClient peers() {
        return peers;
    }

    public Peer self() {
        return self.peer();
    }

    Member member() {
        return self;
    }

    Formation formation() {
        return formation;
    }

    PeerBook book() {
        return book;
    }

    PeerServer server() {
        return server;
    }

    NettyPeerStreams streams() {
        return streams;
    }

    @Override
    public void close() {
        heard.raft = null;
        exchange.close();
        streams.close();
        peers.close();
        server.close();
    }
}
