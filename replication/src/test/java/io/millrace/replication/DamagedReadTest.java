package io.millrace.replication;

import static io.millrace.replication.ShardRig.P0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.LogRecord;
import io.millrace.replication.local.LocalReplicatedLog.Hook;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** A single bit that differs on the disk is never handed out, and costs no more than it must. */
class DamagedReadTest {
    private static final int RECORDS = 60;

    @TempDir
    Path directory;

    @Seeds(15)
    void namesExactlyWhatCannotBeRead(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        FlippingLog[] flipping = new FlippingLog[1];
        try (ShardRig rig = new ShardRig(
                        directory.resolve(Long.toString(seed)),
                        ShardConfig.DEFAULT,
                        made -> made.local(Hook.NONE),
                        log -> flipping[0] = new FlippingLog(log))
                .withPartitions(P0)) {
            List<Long> batchStarts = new ArrayList<>();
            List<CompletableFuture<Appended>> appends = new ArrayList<>();
            for (int record = 0; record < RECORDS; ) {
                batchStarts.add((long) record);
                String[] values = new String[Math.min(RECORDS - record, random.nextInt(1, 4))];
                for (int i = 0; i < values.length; i++) {
                    values[i] = "value-" + record++;
                }
                appends.add(rig.append(P0, TestBatches.plain(values)));
            }
            appends.forEach(ShardRig::get);
            long bytes = rig.shard.partitions().get(0).bytes();
            flipping[0].flip(random.nextLong(bytes), 1 << random.nextInt(8));

            List<Long> read = new ArrayList<>();
            Fault.CorruptRange damaged = null;
            long offset = 0;
            while (offset < RECORDS) {
                try {
                    ReadBatches batches = rig.shard.read(P0, offset, random.nextInt(1, 2000));
                    for (LogRecord record : ShardRig.recordsOf(batches.batches())) {
                        assertThat(new String(
                                        java.util.Objects.requireNonNull(record.value()),
                                        java.nio.charset.StandardCharsets.UTF_8))
                                .isEqualTo("value-" + record.offset());
                        if (record.offset() >= offset) {
                            read.add(record.offset());
                        }
                    }
                    offset = batches.nextOffset();
                } catch (FaultException e) {
                    assertThat(e.fault().code()).isEqualTo(ErrorCode.CORRUPT);
                    assertThat(damaged).as("damaged once").isNull();
                    if (e.fault().detail() instanceof Fault.CorruptRange range) {
                        damaged = range;
                        offset = range.to();
                    } else {
                        fail("no range in " + e.fault());
                    }
                }
            }
            assertThat(damaged).isNotNull();
            List<Long> expected = new ArrayList<>();
            for (long each = 0; each < RECORDS; each++) {
                if (damaged == null || each < damaged.from() || each >= damaged.to()) {
                    expected.add(each);
                }
            }
            assertThat(read).isEqualTo(expected);
            assertThat(batchStarts).contains(damaged == null ? -1L : damaged.from());
        }
    }

    /** A shard log with one wrong bit, counted over the payload bytes in the order in which they were appended. */
    private static final class FlippingLog implements ShardLog {
        private record Placed(Extent extent, long from) {}

        private final ShardLog log;
        private final List<Placed> appended = new ArrayList<>();
        private long bytes;
        private volatile @Nullable Extent target;
        private volatile int bit;

        FlippingLog(ShardLog log) {
            this.log = log;
        }

        void flip(long at, int mask) {
            for (Placed each : appended) {
                if (at >= each.from() && at < each.from() + each.extent().length()) {
                    target = each.extent().slice((int) (at - each.from()), 1);
                }
            }
            bit = mask;
        }

        @Override
        public Extent append(long term, long raftIndex, int payloadCrc, List<ByteBuffer> payload) {
            Extent extent = log.append(term, raftIndex, payloadCrc, payload);
            appended.add(new Placed(extent, bytes));
            bytes += extent.length();
            return extent;
        }

        @Override
        public void read(Extent extent, int offset, ByteBuffer into) {
            int start = into.position();
            Extent sought = extent.slice(offset, into.remaining());
            log.read(extent, offset, into);
            Extent wrong = target;
            if (wrong != null
                    && wrong.file() == sought.file()
                    && wrong.position() >= sought.position()
                    && wrong.position() < sought.position() + sought.length()) {
                int at = start + wrong.position() - sought.position();
                into.put(at, (byte) (into.get(at) ^ bit));
            }
        }

        @Override
        public void flush() {
            log.flush();
        }

        @Override
        public void forget(long raftIndex) {
            log.forget(raftIndex);
        }

        @Override
        public @Nullable Frame find(long term, long raftIndex) {
            return log.find(term, raftIndex);
        }

        @Override
        public void applied(long raftIndex) {
            log.applied(raftIndex);
        }

        @Override
        public LogPosition end() {
            return log.end();
        }

        @Override
        public boolean damaged() {
            return log.damaged();
        }

        @Override
        public List<SegmentInfo> segments() {
            return log.segments();
        }

        @Override
        public void delete(int file) {
            log.delete(file);
        }

        @Override
        public void close() {
            log.close();
        }
    }
}
