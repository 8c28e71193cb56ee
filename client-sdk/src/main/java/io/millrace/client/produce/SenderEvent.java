package io.millrace.client.produce;

import io.millrace.error.Fault;
import io.millrace.v1.ProduceResponse;
import org.jspecify.annotations.Nullable;

/** What the sender's thread is told by others. Each permitted class is one message. */
sealed interface SenderEvent {

    /** A response came on the lane's stream of this number. */
    record Answered(BrokerLane lane, long stream, ProduceResponse response) implements SenderEvent {}

    /** The lane's stream of this number ended. */
    record StreamClosed(BrokerLane lane, long stream, Fault why) implements SenderEvent {}

    /** A session for one partition, or the first one, for all; then {@code queue} is {@code null}. */
    record SessionOpened(@Nullable PartitionQueue queue, ProducerSession session) implements SenderEvent {}

    record SessionRefused(@Nullable PartitionQueue queue, Fault why) implements SenderEvent {}
}
