package io.millrace.client;

import io.millrace.v1.DamagedExtent;
import io.millrace.v1.PartitionDifference;
import io.millrace.v1.ReplicaSum;
import io.millrace.v1.ShardVerdict;
import io.millrace.v1.VerifyProgress;
import io.millrace.v1.VerifyReplicasRequest;
import io.millrace.v1.VerifyReplicasResponse;
import java.util.HexFormat;

/** Between {@link Verification} and the messages that travel. Pure. */
final class VerificationWire {
    private VerificationWire() {}

    static VerifyReplicasRequest request(Verification.Request request) {
        return VerifyReplicasRequest.newBuilder()
                .setTopic(request.topic())
                .setDeep(request.deep())
                .setBytesPerSecond(request.bytesPerSecond())
                .build();
    }

    /** Tells the listener; what a newer broker says and this client does not know is left out. */
    static void tell(VerifyReplicasResponse event, Verification.Listener listener) {
        switch (event.getEventCase()) {
            case PROGRESS -> listener.progress(progress(event.getProgress()));
            case DAMAGED -> {
                if (event.getDamaged().getRepaired()) {
                    listener.repaired(damage(event.getDamaged()));
                } else {
                    listener.damaged(damage(event.getDamaged()));
                }
            }
            case SHARD -> listener.verdict(shard(event.getShard()));
            case EVENT_NOT_SET -> {}
        }
    }

    private static Verification.Progress progress(VerifyProgress progress) {
        double done = progress.getShards() == 0
                ? 0
                : (progress.getShardsDone() + progress.getShardDone()) / progress.getShards();
        return new Verification.Progress(
                progress.getShardsDone(), progress.getShards(), progress.getBytesRead(), Math.min(1, done));
    }

    private static Verification.Damage damage(DamagedExtent each) {
        return new Verification.Damage(
                each.getShard(),
                each.getBroker(),
                each.getTopic(),
                each.getPartition(),
                each.getFirstOffset(),
                each.getLastOffset(),
                each.getDamagedFrom(),
                each.getDamagedTo(),
                each.getFile(),
                each.getPosition(),
                each.getReason());
    }

    private static Verification.Shard shard(ShardVerdict shard) {
        return new Verification.Shard(
                shard.getShard(),
                switch (shard.getAgreement()) {
                    case EQUAL -> Verification.Agreement.EQUAL;
                    case DIFFERENT -> Verification.Agreement.DIFFERENT;
                    case DAMAGED -> Verification.Agreement.DAMAGED;
                    case INCOMPLETE, AGREEMENT_UNSPECIFIED, UNRECOGNIZED -> Verification.Agreement.INCOMPLETE;
                },
                shard.getRaftIndex(),
                shard.getPartitions(),
                shard.getRecords(),
                shard.getReplicasList().stream()
                        .map(each -> new Verification.Replica(
                                each.getBroker(),
                                each.getProblem(),
                                each.getBytesRead(),
                                each.getDamagedExtents(),
                                each.getRepairedExtents()))
                        .toList(),
                shard.getDifferencesList().stream()
                        .map(VerificationWire::difference)
                        .toList());
    }

    private static Verification.Difference difference(PartitionDifference each) {
        return new Verification.Difference(
                each.getTopic(),
                each.getPartition(),
                each.getReason(),
                each.getReplicasList().stream().map(VerificationWire::held).toList());
    }

    private static Verification.Held held(ReplicaSum each) {
        HexFormat hex = HexFormat.of();
        return new Verification.Held(
                each.getBroker(),
                each.getLogStart(),
                each.getLogEnd(),
                each.getRecords(),
                hex.toHexDigits(each.getChecksum()),
                each.getHasStoredChecksum() ? hex.toHexDigits(each.getStoredChecksum()) : "");
    }
}
