package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;

class BatchRoundTripTest {
    @Seeds(40)
    void readsBackWhatWasBuilt(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LogRecord> records = RandomRecords.list(random, 1 + random.nextInt(40));
        for (Compression compression : Compression.values()) {
            BatchBuilder builder = RandomRecords.builder(records);
            assertThat(builder.recordCount()).isEqualTo(records.size());
            ByteBuffer batch = builder.build(compression, 7, (short) 3, 11);
            BatchHeader.writeOffsetAndEpoch(batch, 0, 0, 5);
            BatchHeader header = BatchValidator.verifyProduced(batch, Integer.MAX_VALUE);
            assertThat(header.compression()).isEqualTo(compression);
            assertThat(header.lastSequence()).isEqualTo(11 + records.size() - 1);
            assertThat(header.partitionLeaderEpoch()).isEqualTo(5);
            if (compression == Compression.NONE) {
                assertThat(header.sizeInBytes()).isEqualTo(builder.estimatedSize());
            }
            for (ByteBuffer form : RandomRecords.forms(batch)) {
                RandomRecords.assertSame(BatchReader.readAll(form, form.position(), DecodeLimits.DEFAULT), records);
            }
        }
    }
}
