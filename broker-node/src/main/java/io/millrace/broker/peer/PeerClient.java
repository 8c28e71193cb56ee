package io.millrace.broker.peer;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.broker.cluster.Address;
import io.millrace.broker.cluster.Forming;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.cluster.Peer;
import io.millrace.broker.metadata.Bounds;
import io.millrace.broker.metadata.MetadataChange;
import io.millrace.broker.metadata.RemoteShards;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.broker.verify.CheckRequest;
import io.millrace.broker.verify.CheckSink;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.BoundsRequest;
import io.millrace.internal.v1.ChangeMetadataRequest;
import io.millrace.internal.v1.ChangeMetadataResponse;
import io.millrace.internal.v1.CheckReplicaPart;
import io.millrace.internal.v1.ExecuteRequest;
import io.millrace.internal.v1.FindGroupRequest;
import io.millrace.internal.v1.FindGroupResponse;
import io.millrace.internal.v1.HelloRequest;
import io.millrace.internal.v1.HelloResponse;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.internal.v1.PeerServiceGrpc;
import io.millrace.internal.v1.PeerServiceGrpc.PeerServiceBlockingStub;
import io.millrace.internal.v1.ReadExtentPart;
import io.millrace.internal.v1.ReadExtentRequest;
import io.millrace.internal.v1.StatusRequest;
import io.millrace.replication.state.CommandCodec;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.ShardCommand;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls the other brokers: one connection to each address, made when it is needed. Every call has a deadline. Thread safe.
 */
public final class PeerClient implements RemoteShards, AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 8 << 20;
    private static final int MAX_CHANNELS = 1_000;
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final long DEEP_CHECK_NANOS = TimeUnit.DAYS.toNanos(1);

    private final Supplier<Member> self;
    private final IntFunction<@Nullable Peer> peers;
    private final LongSupplier nanos;
    private final Map<Address, ManagedChannel> channels = new ConcurrentHashMap<>();

    /**
     * @param self what this broker says of itself now
     * @param peers where a broker is, by its id; null: unknown
     */
    public PeerClient(Supplier<Member> self, IntFunction<@Nullable Peer> peers, LongSupplier nanos) {
        this.self = self;
        this.peers = peers;
        this.nanos = nanos;
    }

    /** Asks whoever listens there who it is. */
    public Forming.Answer hello(Address address, long timeoutNanos) {
        try {
            HelloResponse response = PeerServiceGrpc.newBlockingStub(channel(address))
                    .withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS)
                    .hello(HelloRequest.newBuilder()
                            .setProtocol(PeerServer.PROTOCOL)
                            .setSender(MemberCodec.encode(self.get()))
                            .build());
            return response.getProtocol() == PeerServer.PROTOCOL
                    ? new Forming.Answer.Told(MemberCodec.decode(response.getMember()))
                    : new Forming.Answer.Refused(PeerServer.otherProtocol(response.getProtocol()));
        } catch (StatusRuntimeException e) {
            Fault fault = PeerErrors.fault(-1, e).fault();
            return fault.code() == ErrorCode.UNKNOWN_OUTCOME
                    ? new Forming.Answer.Silent(fault.message())
                    : new Forming.Answer.Refused(fault);
        } catch (IllegalArgumentException e) {
            return new Forming.Answer.Silent("its answer cannot be read: " + e.getMessage());
        }
    }

    private ManagedChannel channel(Address address) {
        if (channels.size() > MAX_CHANNELS) {
            throw new IllegalStateException("more than " + MAX_CHANNELS + " brokers");
        }
        return channels.computeIfAbsent(
                address,
                to -> NettyChannelBuilder.forAddress(to.host(), to.port())
                        .usePlaintext()
                        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                        .keepAliveTime(10, TimeUnit.SECONDS)
                        .keepAliveTimeout(5, TimeUnit.SECONDS)
                        .build());
    }

    private PeerServiceBlockingStub stub(int broker, long deadlineNanos) {
        return PeerServiceGrpc.newBlockingStub(channelTo(broker))
                .withInterceptors(headers(broker).sent())
                .withDeadlineAfter(deadlineNanos - nanos.getAsLong(), TimeUnit.NANOSECONDS);
    }

    private ManagedChannel channelTo(int broker) {
        Peer peer = peers.apply(broker);
        if (peer == null) {
            throw Fault.of(
                            ErrorCode.SHARD_UNAVAILABLE,
                            "broker/" + broker,
                            "It is not known yet where broker " + broker + " is. Try again.")
                    .asException();
        }
        return channel(peer.address());
    }

    private Headers headers(int broker) {
        Member me = self.get();
        if (me.formed() == null) {
            throw new IllegalStateException("no member of a cluster yet");
        }
        return new Headers(
                PeerServer.PROTOCOL,
                me.formed().clusterId(),
                me.peer().broker(),
                me.peer().incarnation(),
                broker);
    }

    private <A> A call(int broker, long deadlineNanos, Function<PeerServiceBlockingStub, A> call) {
        try {
            return call.apply(stub(broker, deadlineNanos));
        } catch (StatusRuntimeException e) {
            throw PeerErrors.fault(broker, e);
        }
    }

    @Override
    public MetadataChange change(int broker, MetadataEntry entry, long deadlineNanos) {
        ChangeMetadataResponse response = call(
                broker,
                deadlineNanos,
                stub -> stub.changeMetadata(
                        ChangeMetadataRequest.newBuilder().setEntry(entry).build()));
        return new MetadataChange(response.getVersion(), response.getProducerIds());
    }

    @Override
    public CommandResult execute(int broker, int shard, ShardCommand command, long deadlineNanos) {
        return ResultCodec.decode(call(
                broker,
                deadlineNanos,
                stub -> stub.execute(ExecuteRequest.newBuilder()
                        .setShard(shard)
                        .setCommand(CommandCodec.encode(command))
                        .build())));
    }

    @Override
    public @Nullable UUID findGroup(int broker, int shard, String name, long deadlineNanos) {
        FindGroupResponse response = call(
                broker,
                deadlineNanos,
                stub -> stub.findGroup(FindGroupRequest.newBuilder()
                        .setShard(shard)
                        .setName(name)
                        .build()));
        return response.getGroupId().isEmpty() ? null : MemberCodec.id(response.getGroupId());
    }

    @Override
    public List<Bounds> bounds(int broker, int shard, UUID topic, long deadlineNanos) {
        return call(
                        broker,
                        deadlineNanos,
                        stub -> stub.bounds(BoundsRequest.newBuilder()
                                .setShard(shard)
                                .setTopicId(MemberCodec.bytes(topic))
                                .build()))
                .getPartitionsList()
                .stream()
                .map(one -> new Bounds(
                        one.getNumber(), one.getLogStart(), one.getLogEnd(), one.getRecords(), one.getBytes()))
                .toList();
    }

    /** The replicas of another broker. Faults: as {@link RemoteShards}. */
    public List<ReplicaState> status(int broker, long deadlineNanos) {
        return call(broker, deadlineNanos, stub -> stub.status(StatusRequest.getDefaultInstance()))
                .getReplicasList()
                .stream()
                .map(one -> new ReplicaState(
                        one.getShard(),
                        one.getTerm(),
                        one.getLeading(),
                        one.getLeader(),
                        one.getAppliedIndex(),
                        one.getQuarantined(),
                        one.getDamagedExtents()))
                .toList();
    }

    /** Has another broker's replica checked; the sink hears of it on this thread. Faults: as {@link RemoteShards}. */
    public void check(int broker, CheckRequest request, CheckSink sink) {
        long timeoutNanos =
                request.deep() ? DEEP_CHECK_NANOS : request.patience().toNanos() + CHECK_NANOS;
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            CheckCodec.Receiver receiver = new CheckCodec.Receiver(sink);
            call.run(() -> call(broker, nanos.getAsLong() + timeoutNanos, stub -> {
                Iterator<CheckReplicaPart> parts = stub.checkReplica(CheckCodec.encode(request));
                while (parts.hasNext() && !sink.isCancelled()) {
                    receiver.take(parts.next());
                }
                return true;
            }));
            if (!receiver.isDone() && !sink.isCancelled()) {
                throw Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "broker/" + broker, "The broker broke its answer off.")
                        .asException();
            }
        }
    }

    /** The bytes of an extent as another broker has them. Faults: as {@link RemoteShards}, CORRUPT, UNKNOWN_PARTITION where it has no such extent. */
    public ByteBuffer extent(
            int broker, int shard, int partition, long baseOffset, long lastOffset, int length, long deadlineNanos) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        boolean isWhole = call(broker, deadlineNanos, stub -> {
            Iterator<ReadExtentPart> parts = stub.readExtent(ReadExtentRequest.newBuilder()
                    .setShard(shard)
                    .setPartition(partition)
                    .setBaseOffset(baseOffset)
                    .setLastOffset(lastOffset)
                    .setLength(length)
                    .build());
            while (parts.hasNext()) {
                ByteString data = parts.next().getData();
                if (data.size() > bytes.remaining()) {
                    return false;
                }
                data.copyTo(bytes);
            }
            return !bytes.hasRemaining();
        });
        if (!isWhole) {
            throw Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "broker/" + broker, "The broker gave not as many bytes.")
                    .asException();
        }
        return bytes.flip();
    }

    /** Follows the metadata from its leader, until the stream ends or is closed. Faults: the leader is not known. */
    public MetadataStream watch(int broker, MetadataStream.Listener listener) throws FaultException {
        MetadataStream stream = new MetadataStream(listener);
        stream.begin(PeerServiceGrpc.newStub(channelTo(broker))
                .withInterceptors(headers(broker).sent())
                .watchMetadata(stream));
        return stream;
    }

    @Override
    public void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
    }
}
