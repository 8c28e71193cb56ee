package io.millrace.client;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchReader;
import io.millrace.record.BatchValidator;
import io.millrace.record.DecodeLimits;
import io.millrace.record.LogRecord;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A partition of the {@link FakeBroker}: batches in a list, and the rules of idempotence of the real one. Used under the broker's lock. */
final class FakePartition {
    private final List<Stored> batches = new ArrayList<>();
    private final Map<Long, Producer> producers = new HashMap<>();
    private long logStart;
    private long logEnd;
    private long corruptFrom = -1;
    private long corruptTo = -1;

    private record Stored(BatchHeader header, byte[] bytes) {}

    private static final class Producer {
        private final short epoch;
        private final List<BatchHeader> last = new ArrayList<>();

        Producer(short epoch) {
            this.epoch = epoch;
        }
    }

    record Appended(long baseOffset, boolean duplicate) {}

    Appended append(byte[] bytes) {
        return append(bytes, 7);
    }

    Appended append(byte[] bytes, int leaderEpoch) {
        ByteBuffer batch = ByteBuffer.wrap(bytes);
        BatchHeader header = BatchValidator.verify(batch, 0);
        if (header.isIdempotent()) {
            Producer known = producers.get(header.producerId());
            if (known != null && header.producerEpoch() < known.epoch) {
                throw Fault.of(ErrorCode.PRODUCER_FENCED, "", "an older epoch").asException();
            }
            boolean newEpoch = known != null && header.producerEpoch() > known.epoch;
            if (newEpoch) {
                known = new Producer(header.producerEpoch());
            }
            if (known != null) {
                for (BatchHeader each : known.last) {
                    if (each.baseSequence() == header.baseSequence() && each.recordCount() == header.recordCount()) {
                        return new Appended(each.baseOffset(), true);
                    }
                }
            }
            int expected = known == null || newEpoch
                    ? 0
                    : known.last.get(known.last.size() - 1).lastSequence() + 1;
            if (header.baseSequence() != expected) {
                throw Fault.of(
                                known == null ? ErrorCode.SESSION_EXPIRED : ErrorCode.OUT_OF_ORDER_SEQUENCE,
                                "",
                                "sequence " + header.baseSequence() + " where " + expected + " was expected")
                        .asException();
            }
        }
        BatchHeader.writeOffsetAndEpoch(batch, 0, logEnd, leaderEpoch);
        BatchHeader stamped = BatchHeader.read(batch, 0);
        batches.add(new Stored(stamped, bytes));
        logEnd = stamped.lastOffset() + 1;
        if (header.isIdempotent()) {
            Producer state = producers.get(header.producerId());
            if (state == null || state.epoch < header.producerEpoch()) {
                state = new Producer(header.producerEpoch());
                producers.put(header.producerId(), state);
            }
            state.last.add(stamped);
            if (state.last.size() > 5) {
                state.last.remove(0);
            }
        }
        return new Appended(stamped.baseOffset(), false);
    }

    /** What a producer's long silence does. */
    void forgetProducers() {
        producers.clear();
    }

    void trimTo(long offset) {
        logStart = offset;
        batches.removeIf(each -> each.header().lastOffset() < offset);
    }

    void corrupt(long from, long to) {
        corruptFrom = from;
        corruptTo = to;
    }

    /** Breaks a stored byte of a record, as a bit flip between disk and client would. */
    void damageBatchOf(long offset) {
        for (Stored each : batches) {
            if (each.header().baseOffset() <= offset && offset <= each.header().lastOffset()) {
                each.bytes()[each.bytes().length - 1] ^= 1;
            }
        }
    }

    byte[] read(long offset, int maxBytes) {
        if (offset < logStart || offset > logEnd) {
            throw Fault.of(
                            ErrorCode.OFFSET_OUT_OF_RANGE,
                            "",
                            "out of range",
                            new Fault.OffsetRange(logStart, logEnd, Math.min(offset, logStart), logStart))
                    .asException();
        }
        if (offset >= corruptFrom && offset < corruptTo) {
            throw Fault.of(ErrorCode.CORRUPT, "", "damaged", new Fault.CorruptRange(corruptFrom, corruptTo))
                    .asException();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Stored each : batches) {
            if (each.header().lastOffset() >= offset) {
                if (corruptFrom >= 0
                        && each.header().baseOffset() < corruptTo
                        && each.header().lastOffset() >= corruptFrom
                        && out.size() > 0) {
                    break;
                }
                if (out.size() > 0 && out.size() + each.bytes().length > maxBytes) {
                    break;
                }
                out.writeBytes(each.bytes());
            }
        }
        return out.toByteArray();
    }

    List<LogRecord> records() {
        List<LogRecord> all = new ArrayList<>();
        for (Stored each : batches) {
            if (!each.header().isControl()) {
                all.addAll(BatchReader.readAll(ByteBuffer.wrap(each.bytes()), 0, DecodeLimits.DEFAULT));
            }
        }
        return all;
    }

    List<BatchHeader> headers() {
        return batches.stream().map(Stored::header).toList();
    }

    long offsetAt(long timestamp) {
        return records().stream()
                .filter(each -> each.timestamp() >= timestamp && each.offset() >= logStart)
                .mapToLong(LogRecord::offset)
                .findFirst()
                .orElse(logEnd);
    }

    long logStart() {
        return logStart;
    }

    long logEnd() {
        return logEnd;
    }
}
