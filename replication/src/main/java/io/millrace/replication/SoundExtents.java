package io.millrace.replication;

import io.millrace.replication.ExtentReader.DamageException;
import io.millrace.replication.state.EpochRow;
import io.millrace.replication.state.EpochStart;
import io.millrace.storage.Rows;
import io.millrace.storage.ShardLog;
import io.millrace.storage.clean.SoundReads;
import io.millrace.storage.index.ExtentRow;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads whole extents with every check that a consumer's read makes, for a copy. Used by one thread at a time. */
final class SoundExtents implements SoundReads {
    private final ShardLog shardLog;

    SoundExtents(ShardLog shardLog) {
        this.shardLog = shardLog;
    }

    @Override
    public boolean read(Rows rows, ExtentRow extent, ByteBuffer target) {
        if (extent.factsLength() != 0) {
            return false; // this version cannot judge them
        }
        List<EpochStart> epochs = EpochRow.all(rows, extent.partition());
        ExtentReader reader = new ExtentReader(shardLog, extent, epochs);
        try {
            return reader.isEnd(reader.read(reader.start(), target));
        } catch (DamageException e) {
            return false;
        }
    }
}
