package io.millrace.broker.peer;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.verify.CheckRequest;
import io.millrace.broker.verify.CheckSink;
import io.millrace.broker.verify.DamagedRun;
import io.millrace.broker.verify.PartitionSum;
import io.millrace.broker.verify.StoredSum;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.internal.v1.CheckReplicaPart;
import io.millrace.internal.v1.CheckReplicaRequest;
import io.millrace.internal.v1.ReplicaSums;
import io.millrace.replication.state.PartitionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A check of a replica as messages, and back. */
final class CheckCodec {
    /** Some 400 KiB. */
    private static final int SUMS_IN_A_PART = 4_000;

    private CheckCodec() {}

    static CheckReplicaRequest encode(CheckRequest request) {
        CheckReplicaRequest.Builder wire = CheckReplicaRequest.newBuilder()
                .setShard(request.shard())
                .setSums(MemberCodec.bytes(request.sums()))
                .setDeep(request.deep())
                .setBytesPerSecond(request.bytesPerSecond())
                .setPatienceMillis((int) request.patience().toMillis());
        if (request.topic() != null) {
            wire.setTopicId(MemberCodec.bytes(request.topic()));
        }
        return wire.build();
    }

    static CheckRequest decode(CheckReplicaRequest wire) {
        try {
            return new CheckRequest(
                    wire.getShard(),
                    MemberCodec.id(wire.getSums()),
                    wire.getTopicId().isEmpty() ? null : MemberCodec.id(wire.getTopicId()),
                    wire.getDeep(),
                    Math.max(0, wire.getBytesPerSecond()),
                    Duration.ofMillis(Math.max(0, wire.getPatienceMillis())));
        } catch (IllegalArgumentException e) {
            throw Fault.of(ErrorCode.INVALID_REQUEST, "", "An id has 16 bytes.").asException();
        }
    }

    /** Tells another broker. */
    record Sender(StreamObserver<CheckReplicaPart> stream, BooleanSupplier cancelled) implements CheckSink {
        @Override
        public void repaired(long extents, List<DamagedRun> last) {
            ReplicaSums.Builder sums = ReplicaSums.newBuilder().setRepairedExtents(extents);
            last.forEach(each -> sums.addRepairedLast(encode(each)));
            send(CheckReplicaPart.newBuilder().setSums(sums));
        }

        @Override
        public void sums(long raftIndex, List<PartitionSum> partitions) {
            int from = 0;
            boolean isLast;
            do {
                int to = Math.min(partitions.size(), from + SUMS_IN_A_PART);
                isLast = to == partitions.size();
                ReplicaSums.Builder sums =
                        ReplicaSums.newBuilder().setRaftIndex(raftIndex).setLast(isLast);
                partitions.subList(from, to).forEach(each -> sums.addPartitions(encode(each)));
                send(CheckReplicaPart.newBuilder().setSums(sums));
                from = to;
            } while (!isLast);
        }

        private void send(CheckReplicaPart.Builder part) {
            if (!isCancelled()) {
                stream.onNext(part.build());
            }
        }

        @Override
        public void read(long bytes) {
            send(CheckReplicaPart.newBuilder().setBytesRead(bytes));
        }

        @Override
        public void damaged(DamagedRun run) {
            send(CheckReplicaPart.newBuilder().addDamaged(encode(run)));
        }

        @Override
        public void stored(StoredSum sum) {
            send(CheckReplicaPart.newBuilder()
                    .addStored(io.millrace.internal.v1.StoredSum.newBuilder()
                            .setTopicId(MemberCodec.bytes(sum.id().topic()))
                            .setNumber(sum.id().number())
                            .setWhole(sum.isWhole())
                            .setChecksum(sum.checksum())));
        }

        @Override
        public boolean isCancelled() {
            return cancelled.getAsBoolean();
        }
    }

    /** Hears another broker. */
    static final class Receiver {
        private final CheckSink sink;
        private final List<PartitionSum> sums = new ArrayList<>();
        private boolean isDone;

        Receiver(CheckSink sink) {
            this.sink = sink;
        }

        boolean isDone() {
            return isDone;
        }

        void take(CheckReplicaPart part) {
            try {
                if (part.hasSums() && part.getSums().getRepairedExtents() > 0) {
                    sink.repaired(
                            part.getSums().getRepairedExtents(),
                            part.getSums().getRepairedLastList().stream()
                                    .map(CheckCodec::decode)
                                    .toList());
                }
                if (part.hasSums()) {
                    part.getSums().getPartitionsList().forEach(each -> sums.add(decode(each)));
                    if (part.getSums().getLast()) {
                        sink.sums(part.getSums().getRaftIndex(), sums);
                    }
                }
                if (part.getBytesRead() > 0) {
                    sink.read(part.getBytesRead());
                }
                part.getDamagedList().forEach(each -> sink.damaged(decode(each)));
                part.getStoredList()
                        .forEach(each -> sink.stored(new StoredSum(
                                new PartitionId(MemberCodec.id(each.getTopicId()), each.getNumber()),
                                each.getWhole(),
                                each.getChecksum())));
                isDone |= part.getDone();
            } catch (IllegalArgumentException e) {
                throw Fault.of(ErrorCode.UNSUPPORTED_VERSION, "", "A broker's answer cannot be read: update this one.")
                        .asException();
            }
        }
    }

    private static io.millrace.internal.v1.PartitionSum encode(PartitionSum sum) {
        return io.millrace.internal.v1.PartitionSum.newBuilder()
                .setTopicId(MemberCodec.bytes(sum.id().topic()))
                .setNumber(sum.id().number())
                .setFirstOffset(sum.firstOffset())
                .setLogStart(sum.logStart())
                .setLogEnd(sum.logEnd())
                .setRecords(sum.records())
                .setBytes(sum.bytes())
                .setChecksum(sum.checksum())
                .setChecksumFrom(sum.checksumFrom())
                .build();
    }

    private static PartitionSum decode(io.millrace.internal.v1.PartitionSum wire) {
        return new PartitionSum(
                new PartitionId(MemberCodec.id(wire.getTopicId()), wire.getNumber()),
                wire.getFirstOffset(),
                wire.getLogStart(),
                wire.getLogEnd(),
                wire.getRecords(),
                wire.getBytes(),
                wire.getChecksum(),
                wire.getChecksumFrom());
    }

    private static io.millrace.internal.v1.DamagedRun encode(DamagedRun run) {
        return io.millrace.internal.v1.DamagedRun.newBuilder()
                .setTopicId(MemberCodec.bytes(run.id().topic()))
                .setNumber(run.id().number())
                .setFrom(run.from())
                .setTo(run.to())
                .setBaseOffset(run.baseOffset())
                .setLastOffset(run.lastOffset())
                .setFile(run.file())
                .setPosition(run.position())
                .setReason(run.reason())
                .build();
    }

    private static DamagedRun decode(io.millrace.internal.v1.DamagedRun wire) {
        return new DamagedRun(
                new PartitionId(MemberCodec.id(wire.getTopicId()), wire.getNumber()),
                wire.getFrom(),
                wire.getTo(),
                wire.getBaseOffset(),
                wire.getLastOffset(),
                wire.getFile(),
                wire.getPosition(),
                wire.getReason());
    }
}
