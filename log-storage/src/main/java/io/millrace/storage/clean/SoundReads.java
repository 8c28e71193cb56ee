package io.millrace.storage.clean;

import io.millrace.storage.Rows;
import io.millrace.storage.index.ExtentRow;
import java.nio.ByteBuffer;

/**
 * Reads an extent and holds its bytes against what was written, which the log itself cannot: it knows no batches. Compaction and erasure will
 * come in here, with an answer that holds fewer bytes than were read.
 */
@FunctionalInterface
public interface SoundReads {
    /**
     * Fills {@code target}, which has room for just that, with all bytes of an extent.
     *
     * @param rows at which the extent was seen
     * @return false where any of the bytes cannot be read, or is not what was written
     * @throws io.millrace.storage.StorageException GONE, CLOSED
     */
    boolean read(Rows rows, ExtentRow extent, ByteBuffer target);
}
