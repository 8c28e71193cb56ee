package io.millrace.broker;

import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchServiceGrpc;

/** A Fetch stream of a test. */
public final class FetchCall extends TestCall<FetchRequest, FetchResponse> {
    public FetchCall(TestBroker broker) {
        super(observer -> FetchServiceGrpc.newStub(broker.channel()).fetch(observer));
    }
}
