package io.millrace.replication.peer;

/**
 * The greeted connection that a peer made to this broker: its pushes, pulls and announcements come in, answers to its pulls go back. Owned by the event loop.
 */
final class IncomingStream implements FrameReader.Sink {
    private final int broker;
    private final PeerListener listener;
    private final PeerCounters counters;
    private final PullAnswers answers;
    private final Runnable onClosed;

    IncomingStream(int broker, PeerListener listener, PeerCounters counters, PullAnswers answers, Runnable onClosed) {
        this.broker = broker;
        this.listener = listener;
        this.counters = counters;
        this.answers = answers;
        this.onClosed = onClosed;
    }

    @Override
    public boolean wants(FrameHeader header) throws WireException {
        if (header.kind() != FrameKind.PUSH) {
            throw new WireException(header.kind() + " on a connection that the peer made");
        }
        return true;
    }

    @Override
    public void payload(FrameHeader header, DirectPayload payload) {
        counters.receivedFrames.increment();
        counters.receivedBytes.add(header.length());
        listener.pushed(broker, payload);
    }

    @Override
    public void corrupt(FrameHeader header) {
        counters.corrupt.increment();
    }

    @Override
    public void frame(FrameHeader header) throws WireException {
        switch (header.kind()) {
            case PULL -> answers.asked(header);
            case LEADER -> listener.announced(new ShardLeader(header.shard(), header.term(), broker));
            case PING -> {}
            default -> throw new WireException(header.kind() + " on a connection that the peer made");
        }
    }

    @Override
    public void closed() {
        answers.closed();
        onClosed.run();
    }
}
