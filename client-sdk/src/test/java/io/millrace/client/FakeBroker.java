package io.millrace.client;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.error.FaultException;
import io.millrace.record.KeyRanges;
import io.millrace.record.LogRecord;
import io.millrace.v1.AdminServiceGrpc;
import io.millrace.v1.BrokerDescription;
import io.millrace.v1.ClaimRequest;
import io.millrace.v1.ClaimResponse;
import io.millrace.v1.ClaimResult;
import io.millrace.v1.CommitRequest;
import io.millrace.v1.CommitResponse;
import io.millrace.v1.CommitResult;
import io.millrace.v1.CreateTopicRequest;
import io.millrace.v1.CreateTopicResponse;
import io.millrace.v1.DeleteTopicRequest;
import io.millrace.v1.DeleteTopicResponse;
import io.millrace.v1.DescribeClusterRequest;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.DescribeTopicRequest;
import io.millrace.v1.DescribeTopicResponse;
import io.millrace.v1.Endpoint;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchPositionsRequest;
import io.millrace.v1.FetchPositionsResponse;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchResult;
import io.millrace.v1.FetchServiceGrpc;
import io.millrace.v1.ListOffsetsRequest;
import io.millrace.v1.ListOffsetsResponse;
import io.millrace.v1.ListTopicsRequest;
import io.millrace.v1.ListTopicsResponse;
import io.millrace.v1.OffsetAnswer;
import io.millrace.v1.OffsetQuery;
import io.millrace.v1.OpenProducerRequest;
import io.millrace.v1.OpenProducerResponse;
import io.millrace.v1.PartitionDescription;
import io.millrace.v1.Placement;
import io.millrace.v1.PositionOrigin;
import io.millrace.v1.PositionResult;
import io.millrace.v1.PositionServiceGrpc;
import io.millrace.v1.ProducePart;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import io.millrace.v1.ProduceResult;
import io.millrace.v1.ProduceServiceGrpc;
import io.millrace.v1.StartPoint;
import io.millrace.v1.TopicDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A broker in memory over the public protos, on a free port, alone or one of several that share a {@link FakeState}: faithful where clients look (sequences, bounds, long polls, positions and fences,
 * leaders), and with a {@link Script} that can make each request fail in every way a real one can. One lock around everything.
 */
final class FakeBroker implements AutoCloseable {
    /** What happens to produce requests; consulted under the lock, once per part. */
    interface Script {
        Script CALM = (topic, partition, attempt) -> Act.APPEND;

        Act onProduce(String topic, int partition, long attempt);
    }

    /** What becomes of one part of a produce request. */
    sealed interface Act {
        Act APPEND = new Append(0, 0);

        /** Appends; the answer to the request waits so long, then the part answers with the error, if any. */
        record Append(long delayMillis, int errorNumber) implements Act {}

        /** Not appended. */
        record Refuse(ErrorCode code, io.millrace.error.Effect effect) implements Act {}

        /** The stream breaks; what came before is appended, this part only where it says so. */
        record Drop(boolean appendFirst) implements Act {}

        /** No answer ever comes. */
        record Silence(boolean appendFirst) implements Act {}
    }

    private final FakeState state;
    private final Object lock;

    /** Place among the brokers of the state, from 1. */
    private final int id;

    private final List<Parked> parked = new ArrayList<>();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1,
            task -> {
                Thread thread = new Thread(task, "fake-broker-timer");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    private final FaultCodec faults = new FaultCodec(1);
    private final AtomicLong producerIds = new AtomicLong(1000);
    private final AtomicLong attempts = new AtomicLong();
    final AtomicInteger produceRequests = new AtomicInteger();
    final AtomicInteger sessionsOpened = new AtomicInteger();
    final AtomicInteger describeClusterCalls = new AtomicInteger();
    private volatile Script script = Script.CALM;
    private volatile @Nullable Endpoint notLeader;
    private volatile @Nullable ErrorCode refuseFetch;
    private volatile boolean keepNothing;
    private volatile boolean hints = true;

    private boolean frozen;

    private final ArrayDeque<Runnable> held = new ArrayDeque<>();

    private Server server;
    private final int port;

    /** A fetch that waits. */
    private static final class Parked {
        private final FetchRequest request;
        private final StreamObserver<FetchResponse> to;
        private boolean done;

        Parked(FetchRequest request, StreamObserver<FetchResponse> to) {
            this.request = request;
            this.to = to;
        }
    }

    FakeBroker() {
        this(new FakeState());
    }

    /** One more broker of a cluster. */
    FakeBroker(FakeState state) {
        this.state = state;
        this.lock = state.lock;
        this.server = start(0);
        this.port = server.getPort();
        synchronized (lock) {
            state.brokers.add(this);
            this.id = state.brokers.size();
        }
    }

    private Server start(int wantedPort) {
        try {
            return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), wantedPort))
                    .directExecutor()
                    .flowControlWindow(8 << 20)
                    .maxInboundMessageSize(64 << 20)
                    .intercept(new Freezer())
                    .addService(new Produces())
                    .addService(new Fetches())
                    .addService(new Admins())
                    .addService(new PositionRows())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process dies: connections break, memory stays. */
    void kill() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(5, TimeUnit.SECONDS);
    }

    void restart() {
        server = start(port);
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    void script(Script next) {
        script = next;
    }

    Endpoint endpoint() {
        return Endpoint.newBuilder().setHost("127.0.0.1").setPort(port).build();
    }

    /** From now on this broker says that another leads. */
    void notLeader(@Nullable Endpoint leader) {
        notLeader = leader;
    }

    /** Whether it names the leader where it is not. */
    void hints(boolean on) {
        hints = on;
    }

    /** The process stands still: what comes waits for {@link #thaw}. */
    void freeze() {
        synchronized (lock) {
            frozen = true;
        }
    }

    void thaw() {
        while (true) {
            Runnable next;
            synchronized (lock) {
                next = held.poll();
                if (next == null) {
                    frozen = false;
                    answerParked();
                    return;
                }
            }
            next.run();
        }
    }

    private void whenAwake(Runnable action) {
        synchronized (lock) {
            if (frozen) {
                held.add(action);
                return;
            }
        }
        action.run();
    }

    /** Holds back all that calls bring while the broker is frozen. */
    private final class Freezer implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            ServerCall.Listener<Q> told = next.startCall(call, headers);
            return new ServerCall.Listener<>() {
                @Override
                public void onMessage(Q message) {
                    whenAwake(() -> told.onMessage(message));
                }

                @Override
                public void onHalfClose() {
                    whenAwake(told::onHalfClose);
                }

                @Override
                public void onCancel() {
                    whenAwake(told::onCancel);
                }

                @Override
                public void onComplete() {
                    whenAwake(told::onComplete);
                }

                @Override
                public void onReady() {
                    whenAwake(told::onReady);
                }
            };
        }
    }

    private void checkLeader(String topic, int partition) {
        Endpoint other = notLeader;
        if (other != null) {
            throw notLeaderFault(other);
        }
        int leader = state.leader(topic, partition).broker();
        if (leader != id) {
            throw notLeaderFault(hints && leader != FakeState.NOBODY ? state.endpoint(leader) : null);
        }
    }

    private @Nullable Fault elsewhere(String topic, int partition) {
        try {
            checkLeader(topic, partition);
            return null;
        } catch (FaultException e) {
            return e.fault();
        }
    }

    private static FaultException notLeaderFault(@Nullable Endpoint leader) {
        return (leader == null
                        ? Fault.of(ErrorCode.NOT_LEADER, "", "not here")
                        : Fault.of(
                                ErrorCode.NOT_LEADER,
                                "",
                                "not here",
                                new Fault.Leader(leader.getHost(), leader.getPort())))
                .asException();
    }

    void refuseFetch(@Nullable ErrorCode code) {
        refuseFetch = code;
    }

    /** Acknowledges without storing: for measurements. */
    void keepNothing() {
        keepNothing = true;
    }

    void topic(String name, int partitions, Placement placement) {
        synchronized (lock) {
            state.topic(name, partitions, placement, producerIds.incrementAndGet());
        }
    }

    void deleteTopic(String name) {
        synchronized (lock) {
            state.topics.remove(name);
        }
    }

    List<LogRecord> records(String topic, int partition) {
        synchronized (lock) {
            return partition(topic, partition).records();
        }
    }

    void with(String topic, int partition, java.util.function.Consumer<FakePartition> action) {
        synchronized (lock) {
            action.accept(partition(topic, partition));
            state.changed();
        }
    }

    private FakePartition partition(String topic, int partition) {
        return state.partition(topic, partition);
    }

    private StatusRuntimeException status(Fault fault) {
        Metadata trailers = new Metadata();
        trailers.put(
                Metadata.Key.of("millrace-error-bin", Metadata.BINARY_BYTE_MARSHALLER),
                faults.encode(fault).toByteArray());
        return Status.FAILED_PRECONDITION.asRuntimeException(trailers);
    }

    // ---- produce

    private final class Produces extends ProduceServiceGrpc.ProduceServiceImplBase {
        @Override
        public StreamObserver<ProduceRequest> produce(StreamObserver<ProduceResponse> to) {
            return new StreamObserver<>() {
                private boolean broken;

                @Override
                public void onNext(ProduceRequest request) {
                    if (broken) {
                        return;
                    }
                    produceRequests.incrementAndGet();
                    broken = !serve(request, to);
                }

                @Override
                public void onError(Throwable gone) {
                    broken = true;
                }

                @Override
                public void onCompleted() {
                    to.onCompleted();
                }
            };
        }

        @Override
        public void openProducer(OpenProducerRequest request, StreamObserver<OpenProducerResponse> to) {
            sessionsOpened.incrementAndGet();
            to.onNext(OpenProducerResponse.newBuilder()
                    .setProducerId(producerIds.incrementAndGet())
                    .build());
            to.onCompleted();
        }
    }

    /** False: the stream is broken now. */
    private boolean serve(ProduceRequest request, StreamObserver<ProduceResponse> to) {
        ProduceResponse.Builder response = ProduceResponse.newBuilder().setRequestId(request.getRequestId());
        long delayMillis = 0;
        boolean silent = false;
        synchronized (lock) {
            for (ProducePart part : request.getPartsList()) {
                Act act = script.onProduce(part.getTopic(), part.getPartition(), attempts.incrementAndGet());
                if (act instanceof Act.Drop drop) {
                    if (drop.appendFirst()) {
                        result(part, 0);
                    }
                    to.onError(Status.UNAVAILABLE
                            .withDescription("dropped by the script")
                            .asRuntimeException());
                    return false;
                } else if (act instanceof Act.Silence silence) {
                    silent = true;
                    if (silence.appendFirst()) {
                        result(part, 0);
                    }
                } else if (act instanceof Act.Refuse refuse) {
                    response.addResults(
                            refused(new Fault(refuse.code(), "refused by the script", "", refuse.effect(), null)));
                } else if (act instanceof Act.Append append) {
                    delayMillis = Math.max(delayMillis, append.delayMillis());
                    response.addResults(result(part, append.errorNumber()));
                }
            }
            state.changed();
        }
        if (silent) {
            return true;
        }
        if (delayMillis == 0) {
            send(to, response.build());
        } else {
            var unused = timer.schedule(() -> send(to, response.build()), delayMillis, TimeUnit.MILLISECONDS);
        }
        return true;
    }

    private static <M> void send(StreamObserver<M> to, M message) {
        synchronized (to) {
            try {
                to.onNext(message);
            } catch (IllegalStateException | StatusRuntimeException e) {
                // The client has gone: as with a real broker, nobody is told.
                assert e.getMessage() != null;
            }
        }
    }

    private ProduceResult refused(Fault fault) {
        return ProduceResult.newBuilder().setError(faults.encode(fault)).build();
    }

    private ProduceResult result(ProducePart part, int errorNumber) {
        if (keepNothing) {
            return ProduceResult.getDefaultInstance();
        }
        try {
            checkLeader(part.getTopic(), part.getPartition());
            FakeState.FakeTopic topic = state.find(part.getTopic());
            if (!part.getTopicId().isEmpty() && !part.getTopicId().equals(topic.id)) {
                throw Fault.of(ErrorCode.UNKNOWN_TOPIC, "topic/" + part.getTopic(), "another topic of this name")
                        .asException();
            }
            FakePartition.Appended appended = partition(part.getTopic(), part.getPartition())
                    .append(
                            part.getBatch().toByteArray(),
                            state.leader(part.getTopic(), part.getPartition()).epoch());
            if (errorNumber != 0) {
                return refused(Fault.unknown(ErrorCode.of(errorNumber), "", "appended all the same"));
            }
            return ProduceResult.newBuilder()
                    .setBaseOffset(appended.baseOffset())
                    .setDuplicate(appended.duplicate())
                    .build();
        } catch (FaultException e) {
            return refused(e.fault());
        }
    }

    // ---- fetch

    private final class Fetches extends FetchServiceGrpc.FetchServiceImplBase {
        @Override
        public StreamObserver<FetchRequest> fetch(StreamObserver<FetchResponse> to) {
            return new StreamObserver<>() {
                @Override
                public void onNext(FetchRequest request) {
                    Parked waits = new Parked(request, to);
                    synchronized (lock) {
                        parked.add(waits);
                        answerParked();
                        if (!waits.done) {
                            var unused = timer.schedule(
                                    () -> {
                                        synchronized (lock) {
                                            answer(waits, true);
                                            parked.removeIf(each -> each.done);
                                        }
                                    },
                                    request.getMaxWaitMillis(),
                                    TimeUnit.MILLISECONDS);
                        }
                    }
                }

                @Override
                public void onError(Throwable gone) {
                    synchronized (lock) {
                        parked.removeIf(each -> each.to == to);
                    }
                }

                @Override
                public void onCompleted() {
                    to.onCompleted();
                }
            };
        }

        @Override
        public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> to) {
            ListOffsetsResponse.Builder response = ListOffsetsResponse.newBuilder();
            synchronized (lock) {
                for (OffsetQuery each : request.getQueriesList()) {
                    try {
                        checkLeader(each.getTopic(), each.getPartition());
                        FakePartition partition = partition(each.getTopic(), each.getPartition());
                        response.addAnswers(OffsetAnswer.newBuilder()
                                .setOffset(resolve(partition, each.getPoint()))
                                .setLogStart(partition.logStart())
                                .setLogEnd(partition.logEnd()));
                    } catch (FaultException e) {
                        response.addAnswers(OffsetAnswer.newBuilder().setError(faults.encode(e.fault())));
                    }
                }
            }
            to.onNext(response.build());
            to.onCompleted();
        }
    }

    private static long resolve(FakePartition partition, StartPoint point) {
        return switch (point.getPointCase()) {
            case OFFSET -> point.getOffset();
            case TIMESTAMP_MILLIS -> partition.offsetAt(point.getTimestampMillis());
            case END -> partition.logEnd();
            case START, POINT_NOT_SET -> partition.logStart();
        };
    }

    /** Under the lock. */
    void answerParked() {
        if (!frozen) {
            parked.forEach(each -> answer(each, false));
            parked.removeIf(each -> each.done);
        }
    }

    private void answer(Parked waits, boolean timeOver) {
        if (waits.done || frozen) {
            return;
        }
        FetchResponse.Builder response = FetchResponse.newBuilder().setRequestId(waits.request.getRequestId());
        int left = waits.request.getMaxBytes();
        boolean worth = timeOver;
        for (int i = 0; i < waits.request.getPartsCount(); i++) {
            FetchPart part = waits.request.getParts(i);
            FetchResult.Builder result = FetchResult.newBuilder().setPart(i);
            try {
                ErrorCode refused = refuseFetch;
                if (refused != null) {
                    throw Fault.of(refused, "", "refused by the script").asException();
                }
                checkLeader(part.getTopic(), part.getPartition());
                checkFence(part);
                FakePartition partition = partition(part.getTopic(), part.getPartition());
                result.setLogStart(partition.logStart()).setLogEnd(partition.logEnd());
                byte[] batches =
                        left > 0 ? partition.read(part.getOffset(), Math.min(left, part.getMaxBytes())) : new byte[0];
                if (batches.length == 0) {
                    continue;
                }
                left -= batches.length;
                result.setBatches(ByteString.copyFrom(batches));
            } catch (FaultException e) {
                result.setError(faults.encode(e.fault()));
            }
            worth = true;
            response.addResults(result);
        }
        if (worth) {
            waits.done = true;
            send(waits.to, response.build());
        }
    }

    private void checkFence(FetchPart part) {
        if (part.hasFence()) {
            FakeState.FakePosition position =
                    state.positions.get(key(part.getFence().getGroup(), part.getTopic(), part.getPartition()));
            if (position == null || position.ownerEpoch != part.getFence().getOwnerEpoch()) {
                throw fenced(position);
            }
        }
    }

    private static FaultException fenced(FakeState.@Nullable FakePosition position) {
        return Fault.of(
                        ErrorCode.FENCED,
                        "",
                        "claimed by another",
                        new Fault.Owner(position == null ? 0 : position.ownerEpoch, "ab"))
                .asException();
    }

    private static String key(String group, String topic, int partition) {
        return group + "|" + topic + "|" + partition;
    }

    // ---- positions

    private final class PositionRows extends PositionServiceGrpc.PositionServiceImplBase {
        @Override
        public void claim(ClaimRequest request, StreamObserver<ClaimResponse> to) {
            ClaimResponse.Builder response = ClaimResponse.newBuilder();
            synchronized (lock) {
                request.getPartsList().forEach(part -> {
                    Fault elsewhere = elsewhere(part.getTopic(), part.getPartition());
                    if (elsewhere != null) {
                        response.addResults(ClaimResult.newBuilder().setError(faults.encode(elsewhere)));
                        return;
                    }
                    FakePartition partition = partition(part.getTopic(), part.getPartition());
                    FakeState.FakePosition row = state.positions.computeIfAbsent(
                            key(request.getGroup(), part.getTopic(), part.getPartition()), any -> {
                                FakeState.FakePosition fresh = new FakeState.FakePosition();
                                fresh.position = resolve(partition, request.getStart());
                                return fresh;
                            });
                    row.ownerEpoch++;
                    response.addResults(ClaimResult.newBuilder()
                            .setPosition(Math.max(row.position, partition.logStart()))
                            .setOwnerEpoch(row.ownerEpoch)
                            .setLogStart(partition.logStart())
                            .setLogEnd(partition.logEnd())
                            .setLostFrom(Math.min(row.position, partition.logStart()))
                            .setLostTo(partition.logStart()));
                });
                state.changed();
            }
            to.onNext(response.build());
            to.onCompleted();
        }

        @Override
        public void commit(CommitRequest request, StreamObserver<CommitResponse> to) {
            CommitResponse.Builder response = CommitResponse.newBuilder();
            synchronized (lock) {
                request.getPartsList().forEach(part -> {
                    Fault elsewhere = elsewhere(part.getTopic(), part.getPartition());
                    if (elsewhere != null) {
                        response.addResults(CommitResult.newBuilder().setError(faults.encode(elsewhere)));
                        return;
                    }
                    FakeState.FakePosition row =
                            state.positions.get(key(request.getGroup(), part.getTopic(), part.getPartition()));
                    if (row == null || row.ownerEpoch != part.getOwnerEpoch()) {
                        response.addResults(CommitResult.newBuilder()
                                .setError(faults.encode(fenced(row).fault())));
                    } else {
                        row.position = part.getPosition();
                        row.committed = true;
                        response.addResults(CommitResult.getDefaultInstance());
                    }
                });
            }
            to.onNext(response.build());
            to.onCompleted();
        }

        @Override
        public void fetchPositions(FetchPositionsRequest request, StreamObserver<FetchPositionsResponse> to) {
            FetchPositionsResponse.Builder response = FetchPositionsResponse.newBuilder();
            synchronized (lock) {
                FakeState.FakeTopic topic = state.find(request.getTopic());
                List<Integer> asked = request.getPartitionsCount() > 0
                        ? request.getPartitionsList()
                        : IntStream.range(0, topic.partitions.size()).boxed().toList();
                for (int i : asked) {
                    Fault elsewhere = elsewhere(request.getTopic(), i);
                    if (elsewhere != null) {
                        response.addResults(
                                PositionResult.newBuilder().setPartition(i).setError(faults.encode(elsewhere)));
                        continue;
                    }
                    FakeState.FakePosition row = state.positions.get(key(request.getGroup(), request.getTopic(), i));
                    PositionResult.Builder result = PositionResult.newBuilder().setPartition(i);
                    if (row == null) {
                        result.setError(faults.encode(Fault.of(ErrorCode.POSITION_NOT_READY, "", "none")));
                    } else {
                        result.setPosition(row.position)
                                .setOwnerEpoch(row.ownerEpoch)
                                .setOrigin(row.committed ? PositionOrigin.COMMITTED : PositionOrigin.INITIAL)
                                .setLogEnd(topic.partitions.get(i).logEnd());
                    }
                    response.addResults(result);
                }
            }
            to.onNext(response.build());
            to.onCompleted();
        }
    }

    // ---- admin

    private final class Admins extends AdminServiceGrpc.AdminServiceImplBase {
        @Override
        public void createTopic(CreateTopicRequest request, StreamObserver<CreateTopicResponse> to) {
            synchronized (lock) {
                if (state.topics.containsKey(request.getName())) {
                    to.onError(
                            status(Fault.of(ErrorCode.TOPIC_ALREADY_EXISTS, "topic/" + request.getName(), "exists")));
                    return;
                }
                topic(request.getName(), Math.max(1, request.getPartitions()), request.getPlacement());
                to.onNext(CreateTopicResponse.newBuilder()
                        .setTopic(describe(request.getName()))
                        .build());
            }
            to.onCompleted();
        }

        @Override
        public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> to) {
            ListTopicsResponse.Builder response = ListTopicsResponse.newBuilder();
            synchronized (lock) {
                state.topics.keySet().forEach(each -> response.addTopics(describe(each)));
            }
            to.onNext(response.build());
            to.onCompleted();
        }

        @Override
        public void describeTopic(DescribeTopicRequest request, StreamObserver<DescribeTopicResponse> to) {
            try {
                synchronized (lock) {
                    to.onNext(DescribeTopicResponse.newBuilder()
                            .setTopic(describe(request.getName()))
                            .build());
                }
                to.onCompleted();
            } catch (FaultException e) {
                to.onError(status(e.fault()));
            }
        }

        @Override
        public void deleteTopic(DeleteTopicRequest request, StreamObserver<DeleteTopicResponse> to) {
            FakeBroker.this.deleteTopic(request.getName());
            to.onNext(DeleteTopicResponse.getDefaultInstance());
            to.onCompleted();
        }

        @Override
        public void describeCluster(DescribeClusterRequest request, StreamObserver<DescribeClusterResponse> to) {
            describeClusterCalls.incrementAndGet();
            DescribeClusterResponse.Builder response = DescribeClusterResponse.newBuilder()
                    .setClusterId(ByteString.copyFrom(new byte[16]))
                    .setVersion("fake")
                    .setProtocol(1);
            synchronized (lock) {
                state.brokers.forEach(each -> response.addBrokers(
                        BrokerDescription.newBuilder().setId(each.id).setEndpoint(each.endpoint())));
            }
            to.onNext(response.build());
            to.onCompleted();
        }
    }

    private TopicDescription describe(String name) {
        FakeState.FakeTopic topic = state.find(name);
        TopicDescription.Builder description = TopicDescription.newBuilder()
                .setName(name)
                .setId(topic.id)
                .setPlacement(topic.placement)
                .setReplication(state.brokers.size());
        KeyRanges ranges = KeyRanges.even(topic.partitions.size());
        for (int i = 0; i < topic.partitions.size(); i++) {
            description.addPartitions(PartitionDescription.newBuilder()
                    .setPartition(i)
                    .setLeader(topic.leaders.get(i).broker())
                    .setLeaderEpoch(topic.leaders.get(i).epoch())
                    .setKeyLow(ranges.low(i))
                    .setKeyHigh(ranges.high(i))
                    .setLogStart(topic.partitions.get(i).logStart())
                    .setLogEnd(topic.partitions.get(i).logEnd()));
        }
        return description.build();
    }

    @Override
    public void close() {
        server.shutdownNow();
        timer.shutdownNow();
    }
}
