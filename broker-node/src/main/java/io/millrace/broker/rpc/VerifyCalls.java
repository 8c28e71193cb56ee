package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Topic;
import io.millrace.broker.verify.DamagedRun;
import io.millrace.broker.verify.ReplicaVerdict;
import io.millrace.broker.verify.ShardVerdict;
import io.millrace.broker.verify.ShardVerdict.Held;
import io.millrace.broker.verify.Verification;
import io.millrace.replication.state.PartitionId;
import io.millrace.v1.Agreement;
import io.millrace.v1.DamagedExtent;
import io.millrace.v1.PartitionDifference;
import io.millrace.v1.ReplicaSum;
import io.millrace.v1.VerifyProgress;
import io.millrace.v1.VerifyReplicasRequest;
import io.millrace.v1.VerifyReplicasResponse;

/** Calls that compare replicas. Each holds its thread, one of the pool for calls that block, until it ends. */
final class VerifyCalls {
    private final Verification verification;
    private final Partitions partitions;
    private final Errors errors;
    private final Gate gate;

    VerifyCalls(Verification verification, Partitions partitions, Errors errors, Gate gate) {
        this.verification = verification;
        this.partitions = partitions;
        this.errors = errors;
        this.gate = gate;
    }

    void run(VerifyReplicasRequest request, ServerCallStreamObserver<VerifyReplicasResponse> responses) {
        responses.setOnCancelHandler(() -> {}); // asked for by the listener
        try {
            if (request.getBytesPerSecond() < 0) {
                throw Errors.invalid("", "bytes_per_second is negative.").asException();
            }
            Topic topic = request.getTopic().isEmpty() ? null : partitions.topic(request.getTopic());
            verification.run(topic, request.getDeep(), request.getBytesPerSecond(), new Telling(responses));
            if (gate.isStopping()) {
                throw gate.stoppingFault().asException();
            }
        } catch (RuntimeException e) {
            if (!responses.isCancelled()) {
                responses.onError(errors.exception(e));
            }
            return;
        }
        if (!responses.isCancelled()) {
            responses.onCompleted();
        }
    }

    private String topic(PartitionId id) {
        Topic known = partitions.image().topic(id.topic());
        return known == null ? id.topic().toString() : known.name();
    }

    /** Tells the client. */
    private final class Telling implements Verification.Listener {
        private final ServerCallStreamObserver<VerifyReplicasResponse> responses;

        Telling(ServerCallStreamObserver<VerifyReplicasResponse> responses) {
            this.responses = responses;
        }

        private void send(VerifyReplicasResponse.Builder event) {
            if (!responses.isCancelled()) {
                responses.onNext(event.build());
            }
        }

        @Override
        public void progress(int shardsDone, int shards, long bytesRead, double shardDone) {
            send(VerifyReplicasResponse.newBuilder()
                    .setProgress(VerifyProgress.newBuilder()
                            .setShardsDone(shardsDone)
                            .setShards(shards)
                            .setBytesRead(bytesRead)
                            .setShardDone(shardDone)));
        }

        @Override
        public void damaged(int shard, int broker, DamagedRun run) {
            damage(shard, broker, run, false);
        }

        @Override
        public void repaired(int shard, int broker, DamagedRun run) {
            damage(shard, broker, run, true);
        }

        private void damage(int shard, int broker, DamagedRun run, boolean isRepaired) {
            send(VerifyReplicasResponse.newBuilder()
                    .setDamaged(DamagedExtent.newBuilder()
                            .setShard(shard)
                            .setBroker(broker)
                            .setTopic(topic(run.id()))
                            .setPartition(run.id().number())
                            .setFirstOffset(run.baseOffset())
                            .setLastOffset(run.lastOffset())
                            .setDamagedFrom(run.from())
                            .setDamagedTo(run.to())
                            .setFile(run.fileName())
                            .setPosition(run.position())
                            .setReason(run.reason())
                            .setRepaired(isRepaired)));
        }

        @Override
        public void verdict(ShardVerdict verdict) {
            io.millrace.v1.ShardVerdict.Builder wire = io.millrace.v1.ShardVerdict.newBuilder()
                    .setShard(verdict.shard())
                    .setAgreement(
                            switch (verdict.agreement()) {
                                case EQUAL -> Agreement.EQUAL;
                                case DIFFERENT -> Agreement.DIFFERENT;
                                case DAMAGED -> Agreement.DAMAGED;
                                case INCOMPLETE -> Agreement.INCOMPLETE;
                            })
                    .setRaftIndex(verdict.raftIndex())
                    .setPartitions(verdict.partitions())
                    .setRecords(verdict.records());
            for (ReplicaVerdict each : verdict.replicas()) {
                wire.addReplicas(io.millrace.v1.ReplicaVerdict.newBuilder()
                        .setBroker(each.broker())
                        .setProblem(each.problem())
                        .setBytesRead(each.bytesRead())
                        .setDamagedExtents(each.damagedExtents())
                        .setRepairedExtents(each.repairedExtents()));
            }
            verdict.differences().forEach(each -> wire.addDifferences(difference(each)));
            send(VerifyReplicasResponse.newBuilder().setShard(wire));
        }

        private PartitionDifference difference(ShardVerdict.Difference difference) {
            PartitionDifference.Builder wire = PartitionDifference.newBuilder()
                    .setTopic(topic(difference.id()))
                    .setPartition(difference.id().number())
                    .setReason(difference.reason());
            difference.replicas().forEach((broker, held) -> wire.addReplicas(sum(broker, held)));
            return wire.build();
        }

        private static ReplicaSum sum(int broker, Held held) {
            ReplicaSum.Builder wire = ReplicaSum.newBuilder().setBroker(broker);
            if (held.sum() != null) {
                wire.setLogStart(held.sum().logStart())
                        .setLogEnd(held.sum().logEnd())
                        .setRecords(held.sum().records())
                        .setChecksum(held.sum().checksum());
            }
            if (held.stored() != null && held.stored().isWhole()) {
                wire.setHasStoredChecksum(true).setStoredChecksum(held.stored().checksum());
            }
            return wire.build();
        }

        @Override
        public boolean isCancelled() {
            return responses.isCancelled() || gate.isStopping();
        }
    }
}
