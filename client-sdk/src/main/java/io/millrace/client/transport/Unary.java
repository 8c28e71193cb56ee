package io.millrace.client.transport;

import io.grpc.MethodDescriptor;
import io.millrace.error.Effect;
import io.millrace.v1.AdminServiceGrpc;
import io.millrace.v1.AlterTopicConfigRequest;
import io.millrace.v1.AlterTopicConfigResponse;
import io.millrace.v1.ClaimRequest;
import io.millrace.v1.ClaimResponse;
import io.millrace.v1.CommitRequest;
import io.millrace.v1.CommitResponse;
import io.millrace.v1.CreateTopicRequest;
import io.millrace.v1.CreateTopicResponse;
import io.millrace.v1.DeleteTopicRequest;
import io.millrace.v1.DeleteTopicResponse;
import io.millrace.v1.DescribeClusterRequest;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.DescribeTopicRequest;
import io.millrace.v1.DescribeTopicResponse;
import io.millrace.v1.FetchPositionsRequest;
import io.millrace.v1.FetchPositionsResponse;
import io.millrace.v1.FetchServiceGrpc;
import io.millrace.v1.ListOffsetsRequest;
import io.millrace.v1.ListOffsetsResponse;
import io.millrace.v1.ListTopicsRequest;
import io.millrace.v1.ListTopicsResponse;
import io.millrace.v1.OpenProducerRequest;
import io.millrace.v1.OpenProducerResponse;
import io.millrace.v1.PositionServiceGrpc;
import io.millrace.v1.ProduceServiceGrpc;

/**
 * A call with one request and one response, and what a lost answer means. Immutable.
 *
 * @param <Q> request
 * @param <R> response
 */
public final class Unary<Q, R> {
    public static final Unary<CreateTopicRequest, CreateTopicResponse> CREATE_TOPIC =
            once(AdminServiceGrpc.getCreateTopicMethod());
    public static final Unary<ListTopicsRequest, ListTopicsResponse> LIST_TOPICS =
            repeatable(AdminServiceGrpc.getListTopicsMethod());
    public static final Unary<DescribeTopicRequest, DescribeTopicResponse> DESCRIBE_TOPIC =
            repeatable(AdminServiceGrpc.getDescribeTopicMethod());
    public static final Unary<DeleteTopicRequest, DeleteTopicResponse> DELETE_TOPIC =
            once(AdminServiceGrpc.getDeleteTopicMethod());
    public static final Unary<AlterTopicConfigRequest, AlterTopicConfigResponse> ALTER_TOPIC_CONFIG =
            repeatable(AdminServiceGrpc.getAlterTopicConfigMethod());
    public static final Unary<DescribeClusterRequest, DescribeClusterResponse> DESCRIBE_CLUSTER =
            repeatable(AdminServiceGrpc.getDescribeClusterMethod());
    public static final Unary<OpenProducerRequest, OpenProducerResponse> OPEN_PRODUCER =
            repeatable(ProduceServiceGrpc.getOpenProducerMethod());
    public static final Unary<ListOffsetsRequest, ListOffsetsResponse> LIST_OFFSETS =
            repeatable(FetchServiceGrpc.getListOffsetsMethod());
    public static final Unary<ClaimRequest, ClaimResponse> CLAIM = repeatable(PositionServiceGrpc.getClaimMethod());
    public static final Unary<CommitRequest, CommitResponse> COMMIT = repeatable(PositionServiceGrpc.getCommitMethod());
    public static final Unary<FetchPositionsRequest, FetchPositionsResponse> FETCH_POSITIONS =
            repeatable(PositionServiceGrpc.getFetchPositionsMethod());

    private final MethodDescriptor<Q, R> method;
    private final Effect whenUnknown;

    private Unary(MethodDescriptor<Q, R> method, Effect whenUnknown) {
        this.method = method;
        this.whenUnknown = whenUnknown;
    }

    /** To do it twice is to do it once, so a lost answer is no more than a reason to ask again. */
    private static <Q, R> Unary<Q, R> repeatable(MethodDescriptor<Q, R> method) {
        return new Unary<>(method, Effect.NOT_WRITTEN);
    }

    /** A second one would answer otherwise ("exists already"): a lost answer leaves the outcome open. */
    private static <Q, R> Unary<Q, R> once(MethodDescriptor<Q, R> method) {
        return new Unary<>(method, Effect.UNKNOWN);
    }

    MethodDescriptor<Q, R> method() {
        return method;
    }

    /** To do it twice is to do it once. */
    public boolean isRepeatable() {
        return whenUnknown == Effect.NOT_WRITTEN;
    }

    Effect whenUnknown() {
        return whenUnknown;
    }

    @Override
    public String toString() {
        return method.getBareMethodName();
    }
}
