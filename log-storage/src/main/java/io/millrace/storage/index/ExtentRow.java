package io.millrace.storage.index;

import io.millrace.storage.Extent;
import io.millrace.storage.Rows.Row;
import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;

/**
 * A row of EXTENTS: where batches of one partition with rising offsets stand in the shard log of this replica. Immutable.
 *
 * <p>The bytes of the batches come first, one behind the other; the facts (columns) of all of them follow. The interval from base to last
 * offset may have holes, also at its ends: records that were cleaned away, offsets that were never given.
 *
 * <p>Layout, version 1. Key: partition u32, base offset u64, big endian. Value: version byte 1, then varints (see {@link RowBytes}): file,
 * position, length, facts length, last offset − base offset, batches, records, maximum timestamp (zigzag).
 *
 * @param partition handle of the partition, an unsigned 32-bit number
 * @param baseOffset of the first batch
 * @param lastOffset last offset of the last batch, ≥ base offset
 * @param file number of the segment file
 * @param position first byte of the first batch in the file
 * @param length bytes of the batches
 * @param factsLength bytes of the facts behind them; 0: none
 * @param batches how many record batches
 * @param records how many records they hold; 0 is legal
 * @param maxTimestamp running maximum, milliseconds: of all records of the partition up to and including these, so that it never falls
 *     from row to row
 */
public record ExtentRow(
        int partition,
        long baseOffset,
        long lastOffset,
        int file,
        int position,
        int length,
        int factsLength,
        int batches,
        int records,
        long maxTimestamp) {
    static final int KEY_BYTES = Integer.BYTES + Long.BYTES;
    private static final int VERSION = 1;

    public ExtentRow {
        if (baseOffset < 0
                || lastOffset < baseOffset
                || file < 0
                || position < 0
                || length <= 0
                || factsLength < 0
                || (long) position + length + factsLength > Integer.MAX_VALUE
                || batches <= 0
                || records < 0) {
            throw new IllegalArgumentException("Not an extent of partition " + Integer.toUnsignedString(partition)
                    + ": offsets " + baseOffset + ".." + lastOffset + " at " + file + ":" + position + "+" + length
                    + "+"
                    + factsLength + ", " + batches + " batches, " + records + " records");
        }
    }

    /** A row of one batch. */
    public static ExtentRow ofBatch(
            int partition,
            long baseOffset,
            long lastOffset,
            Extent batch,
            int factsLength,
            int records,
            long maxTimestamp) {
        return new ExtentRow(
                partition,
                baseOffset,
                lastOffset,
                batch.file(),
                batch.position(),
                batch.length(),
                factsLength,
                1,
                records,
                maxTimestamp);
    }

    /** Where the batches stand. */
    public Extent extent() {
        return new Extent(file, position, length);
    }

    /** Where their facts stand; empty where there are none. */
    public Extent facts() {
        return new Extent(file, position + length, factsLength);
    }

    /** Bytes that this row keeps alive in its file. */
    public int liveBytes() {
        return length + factsLength;
    }

    /** The same batches and facts, at another place. */
    ExtentRow at(int newFile, int newPosition) {
        return new ExtentRow(
                partition,
                baseOffset,
                lastOffset,
                newFile,
                newPosition,
                length,
                factsLength,
                batches,
                records,
                maxTimestamp);
    }

    public byte[] key() {
        return key(partition, baseOffset);
    }

    public byte[] value() {
        return new RowBytes(VERSION, 32)
                .unsigned(file)
                .unsigned(position)
                .unsigned(length)
                .unsigned(factsLength)
                .unsigned(lastOffset - baseOffset)
                .unsigned(batches)
                .unsigned(records)
                .signed(maxTimestamp)
                .toArray();
    }

    /** Reads a row; CORRUPT where it cannot be one, NEWER_FORMAT where its version is not known. */
    public static ExtentRow of(byte[] key, byte[] value) {
        RowBytes.Reader in = new RowBytes.Reader("extents", value, VERSION);
        if (key.length != KEY_BYTES) {
            throw new StorageException(StorageException.Kind.CORRUPT, "Extent key of " + key.length + " bytes");
        }
        ByteBuffer keyBytes = ByteBuffer.wrap(key);
        int partition = keyBytes.getInt();
        long baseOffset = keyBytes.getLong();
        int file = in.size();
        int position = in.size();
        int length = in.size();
        int factsLength = in.size();
        long span = in.count();
        int batches = in.size();
        int records = in.size();
        long maxTimestamp = in.signed();
        in.end();
        try {
            return new ExtentRow(
                    partition,
                    baseOffset,
                    baseOffset + span,
                    file,
                    position,
                    length,
                    factsLength,
                    batches,
                    records,
                    maxTimestamp);
        } catch (IllegalArgumentException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, "Extent row that cannot be", e);
        }
    }

    static ExtentRow of(Row row) {
        return of(row.key(), row.value());
    }

    static byte[] key(int partition, long offset) {
        return ByteBuffer.allocate(KEY_BYTES).putInt(partition).putLong(offset).array();
    }
}
