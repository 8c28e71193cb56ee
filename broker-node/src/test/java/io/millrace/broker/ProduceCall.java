package io.millrace.broker;

import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import io.millrace.v1.ProduceServiceGrpc;

/** A Produce stream of a test. */
public final class ProduceCall extends TestCall<ProduceRequest, ProduceResponse> {
    public ProduceCall(TestBroker broker) {
        super(observer -> ProduceServiceGrpc.newStub(broker.channel()).produce(observer));
    }
}
