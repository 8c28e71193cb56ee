package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.group.Positions;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.Position;
import io.millrace.v1.ClaimRequest;
import io.millrace.v1.ClaimResponse;
import io.millrace.v1.ClaimResult;
import io.millrace.v1.CommitRequest;
import io.millrace.v1.CommitResponse;
import io.millrace.v1.CommitResult;
import io.millrace.v1.FetchPositionsRequest;
import io.millrace.v1.FetchPositionsResponse;
import io.millrace.v1.PositionOrigin;
import io.millrace.v1.PositionResult;
import io.millrace.v1.PositionServiceGrpc;
import java.util.List;
import java.util.UUID;

/** The gRPC face of group positions. Translates; decides nothing. */
final class PositionService extends PositionServiceGrpc.PositionServiceImplBase {
    private final Positions positions;
    private final Errors errors;
    private final Deadlines deadlines;

    PositionService(Positions positions, Errors errors, Deadlines deadlines) {
        this.positions = positions;
        this.errors = errors;
        this.deadlines = deadlines;
    }

    @Override
    public void claim(ClaimRequest request, StreamObserver<ClaimResponse> responses) {
        Unary.answer(responses, errors, () -> {
            UUID member = WireBytes.idOrNull(request.getMemberId(), "member_id");
            if (member == null) {
                throw Errors.invalid(
                                "group/" + request.getGroup(), "member_id is missing: 16 bytes that the member chose.")
                        .asException();
            }
            List<Positions.ClaimPart> parts = request.getPartsList().stream()
                    .map(part -> new Positions.ClaimPart(part.getTopic(), part.getPartition(), part.getOwnerEpoch()))
                    .toList();
            ClaimResponse.Builder response = ClaimResponse.newBuilder();
            positions
                    .claim(
                            request.getGroup(),
                            member,
                            StartPoints.of(request.getStart(), new Fetches.StartPoint.AtStart()),
                            parts,
                            deadlines.ofCall())
                    .forEach(answer -> response.addResults(claimResult(answer)));
            return response.build();
        });
    }

    private ClaimResult claimResult(Positions.Answer<CommandResult.PositionClaimed> answer) {
        if (answer instanceof Positions.Answer.Value<CommandResult.PositionClaimed> value) {
            CommandResult.PositionClaimed claimed = value.value();
            return ClaimResult.newBuilder()
                    .setPosition(claimed.position())
                    .setOwnerEpoch(claimed.ownerEpoch())
                    .setLogStart(claimed.logStart())
                    .setLogEnd(claimed.logEnd())
                    .setLostFrom(claimed.lostFrom())
                    .setLostTo(claimed.lostTo())
                    .build();
        }
        return ClaimResult.newBuilder()
                .setError(errors.detail(((Positions.Answer.Failed<CommandResult.PositionClaimed>) answer).fault()))
                .setPosition(-1)
                .build();
    }

    @Override
    public void commit(CommitRequest request, StreamObserver<CommitResponse> responses) {
        Unary.answer(responses, errors, () -> {
            List<Positions.CommitPart> parts = request.getPartsList().stream()
                    .map(part -> new Positions.CommitPart(
                            part.getTopic(),
                            part.getPartition(),
                            part.getOwnerEpoch(),
                            part.getPosition(),
                            part.getLeaderEpoch(),
                            part.getMetadata()))
                    .toList();
            CommitResponse.Builder response = CommitResponse.newBuilder();
            positions.commit(request.getGroup(), parts, deadlines.ofCall()).forEach(answer -> {
                CommitResult.Builder result = CommitResult.newBuilder();
                if (answer instanceof Positions.Answer.Failed<CommandResult.PositionCommitted> failed) {
                    result.setError(errors.detail(failed.fault()));
                }
                response.addResults(result);
            });
            return response.build();
        });
    }

    @Override
    public void fetchPositions(FetchPositionsRequest request, StreamObserver<FetchPositionsResponse> responses) {
        Unary.answer(responses, errors, () -> {
            FetchPositionsResponse.Builder response = FetchPositionsResponse.newBuilder();
            List<Positions.Answer<Positions.Standing>> answers = positions.look(
                    request.getGroup(), request.getTopic(), request.getPartitionsList(), deadlines.ofCall());
            for (int i = 0; i < answers.size(); i++) {
                int number = request.getPartitionsCount() == 0 ? i : request.getPartitions(i);
                response.addResults(positionResult(number, answers.get(i)));
            }
            return response.build();
        });
    }

    private PositionResult positionResult(int number, Positions.Answer<Positions.Standing> answer) {
        PositionResult.Builder result = PositionResult.newBuilder().setPartition(number);
        if (answer instanceof Positions.Answer.Value<Positions.Standing> value) {
            Position position = value.value().position();
            return result.setPosition(position.offset())
                    .setOwnerEpoch(position.ownerEpoch())
                    .setOrigin(
                            switch (position.origin()) {
                                case INITIAL -> PositionOrigin.INITIAL;
                                case COMMITTED -> PositionOrigin.COMMITTED;
                                case RESET -> PositionOrigin.RESET;
                                case MIRRORED -> PositionOrigin.MIRRORED;
                            })
                    .setLeaderEpoch(position.leaderEpoch())
                    .setMetadata(position.metadata())
                    .setCommittedAtMicros(position.changedAtMicros())
                    .setLogStart(value.value().status().logStart())
                    .setLogEnd(value.value().status().logEnd())
                    .build();
        }
        return result.setPosition(-1)
                .setError(errors.detail(((Positions.Answer.Failed<Positions.Standing>) answer).fault()))
                .build();
    }
}
