package io.millrace.replication;

import io.millrace.record.BatchHeader;
import io.millrace.replication.ReplicatedLog.Proposal;
import io.millrace.replication.WriteRequest.Append;
import io.millrace.replication.WriteRequest.Command;
import io.millrace.replication.state.AppendPart;
import io.millrace.replication.state.EntryHeader;
import io.millrace.replication.state.EntryResult;
import io.millrace.replication.state.HeaderCodec;
import io.millrace.replication.state.ShardCommand;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * An entry under construction, then in flight: the requests that it carries, and those that wait for it. Owned by the writer thread.
 *
 * <p>No batch is copied: the payload is, for each batch, 16 fresh bytes (base offset, length, leader epoch; they lie outside the batch's CRC)
 * and the rest of the batch as it came. Batches of a partition are put side by side, in their order, so that they become one extent.
 */
final class EntryDraft {
    private static final int STAMP_BYTES = 16;
    private static final int LENGTH_COUNTS_FROM = 12;

    private record Placed(Append request, AppendPart part) {}

    /** A repeated batch: it is acknowledged with the first copy's offset once everything before it is applied. */
    private record Rider(Append request, long baseOffset, long logStart) {}

    private final long term;
    private final long seq;
    private final long timeMicros;
    private final List<WriteRequest> arrived = new ArrayList<>();
    private final List<Placed> placed = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final List<Rider> riders = new ArrayList<>();
    private long payloadBytes;
    private long proposedNanos;

    EntryDraft(long term, long seq, long timeMicros) {
        this.term = term;
        this.seq = seq;
        this.timeMicros = timeMicros;
    }

    long seq() {
        return seq;
    }

    long timeMicros() {
        return timeMicros;
    }

    long payloadBytes() {
        return payloadBytes;
    }

    long proposedNanos() {
        return proposedNanos;
    }

    int size() {
        return placed.size() + commands.size();
    }

    boolean isEmpty() {
        return size() == 0;
    }

    long oldestQueuedNanos() {
        return arrived.get(0).queuedNanos();
    }

    void add(Append request, AppendPart part) {
        arrived.add(request);
        placed.add(new Placed(request, part));
        payloadBytes += part.length();
    }

    void add(Command request) {
        arrived.add(request);
        commands.add(request);
    }

    void ride(Append request, long baseOffset, long logStart) {
        riders.add(new Rider(request, baseOffset, logStart));
    }

    Proposal propose(long nowNanos) {
        proposedNanos = nowNanos;
        placed.sort((one, other) ->
                Integer.compareUnsigned(one.part().partition(), other.part().partition()));
        List<AppendPart> parts = new ArrayList<>(placed.size());
        List<ByteBuffer> payload = new ArrayList<>(placed.size() * 2);
        ByteBuffer stamps = ByteBuffer.allocate(placed.size() * STAMP_BYTES);
        CRC32C crc = new CRC32C();
        for (int i = 0; i < placed.size(); i++) {
            AppendPart part = placed.get(i).part();
            ByteBuffer batch = placed.get(i).request().batch();
            ByteBuffer stamp = stamps.slice(i * STAMP_BYTES, STAMP_BYTES);
            stamp.putLong(part.baseOffset())
                    .putInt(part.length() - LENGTH_COUNTS_FROM)
                    .putInt(part.leaderEpoch())
                    .flip();
            ByteBuffer rest = batch.slice(batch.position() + STAMP_BYTES, batch.remaining() - STAMP_BYTES);
            crc.update(stamp.duplicate());
            crc.update(rest.duplicate());
            parts.add(part);
            payload.add(stamp);
            payload.add(rest);
        }
        List<ShardCommand> asked = new ArrayList<>(commands.size());
        commands.forEach(command -> asked.add(command.command()));
        byte[] body = HeaderCodec.encode(new EntryHeader(timeMicros, parts, asked));
        return new Proposal(term, seq, body, payload.isEmpty() ? 0 : (int) crc.getValue(), payload);
    }

    void succeed(EntryResult result) {
        for (int i = 0; i < placed.size(); i++) {
            EntryResult.AppendedPart part = result.parts().get(i);
            Append request = placed.get(i).request();
            request.future().complete(new Appended(part.baseOffset(), false, part.logStart()));
        }
        for (int i = 0; i < commands.size(); i++) {
            commands.get(i).future().complete(result.results().get(i));
        }
        for (Rider rider : riders) {
            rider.request().future().complete(new Appended(rider.baseOffset(), true, rider.logStart()));
        }
    }

    /** All requests, in the order in which they came. */
    List<WriteRequest> requests() {
        List<WriteRequest> all = new ArrayList<>(arrived);
        riders.forEach(rider -> all.add(rider.request()));
        return all;
    }

    /** Reads the header of a batch that fills its buffer. */
    static BatchHeader headerOf(ByteBuffer batch) {
        BatchHeader header = BatchHeader.read(batch, batch.position());
        if (header.sizeInBytes() != batch.remaining()) {
            throw new IllegalArgumentException(
                    "a batch of " + header.sizeInBytes() + " bytes in a buffer of " + batch.remaining());
        }
        return header;
    }
}
