package io.millrace.replication;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchValidator;
import io.millrace.record.InvalidBatchException;
import io.millrace.replication.state.EpochRow;
import io.millrace.replication.state.EpochStart;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.index.ExtentRow;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the batches of one extent and holds them against its row: the chain of base offsets and lengths, the leader epoch, and the CRC of
 * each. Together they cover every byte. Where a batch is damaged, the reader says which offsets cannot be read: that batch alone where the
 * next one can still be found, else the rest of the extent.
 *
 * <p>Not thread safe; short-lived.
 */
final class ExtentReader {
    /** Headers are looked at through a window of this size, so that small batches do not cost a read each. */
    private static final int WINDOW_BYTES = 32 << 10;

    private final Bytes bytes;
    private final ExtentRow row;
    private final int leaderEpoch;

    /** A place between two batches of the extent. */
    record Place(int position, long offset) {}

    /**
     * Bytes that cannot be read: offsets {@code [from, to)}.
     *
     * @param position of the first damaged batch in the extent
     */
    record Damage(long from, long to, int position, String reason) {}

    /** Where the bytes of an extent come from. */
    interface Bytes {
        /** As {@link ShardLog#read}. */
        void read(int offset, ByteBuffer target);
    }

    ExtentReader(ShardLog shardLog, ExtentRow row, List<EpochStart> epochs) {
        this((offset, target) -> shardLog.read(row.extent(), offset, target), row, epochs);
    }

    /** Over bytes that stand elsewhere than the row says. */
    ExtentReader(Bytes bytes, ExtentRow row, List<EpochStart> epochs) {
        this.bytes = bytes;
        this.row = row;
        this.leaderEpoch = EpochRow.epochAt(epochs, row.baseOffset());
    }

    Place start() {
        return new Place(0, row.baseOffset());
    }

    boolean isEnd(Place place) {
        return place.position() >= row.length();
    }

    /**
     * Where the batch that holds an offset begins, from {@code from} on, or the first readable one behind it. Looks at headers only, as long
     * as they fit each other: what it finds may turn out damaged, and then {@link #findVerified} knows better.
     */
    Place find(Place from, long offset) throws DamageException {
        try {
            return findByHeaders(from, offset);
        } catch (DamageException e) {
            return findVerified(offset);
        }
    }

    /** As {@link #find}, but each batch on the way is verified, and damaged ones before the offset are stepped over. */
    Place findVerified(long offset) throws DamageException {
        Place place = start();
        while (!isEnd(place)) {
            try {
                BatchHeader header = verified(bytes(place, sizeAt(place)), 0, place);
                if (header.lastOffset() >= offset) {
                    return place;
                }
                place = after(place, header);
            } catch (DamageException e) {
                if (e.behind() == null || e.damage().to() > offset) {
                    throw e;
                }
                place = e.behind();
            }
        }
        return place;
    }

    private Place findByHeaders(Place from, long offset) throws DamageException {
        Place place = from;
        ByteBuffer window = ByteBuffer.allocate(0);
        int windowAt = place.position();
        while (!isEnd(place)) {
            int at = place.position() - windowAt;
            if (at + BatchHeader.SIZE > window.limit()) {
                windowAt = place.position();
                window = bytes(place, Math.min(WINDOW_BYTES, row.length() - windowAt));
                at = 0;
            }
            BatchHeader header = header(window, at, place);
            if (header.lastOffset() >= offset) {
                return place;
            }
            place = after(place, header);
        }
        return place;
    }

    /**
     * Reads batches into {@code target}, as many whole ones as fit; returns the place after the last one. The target's position is behind it.
     *
     * @throws DamageException where the first one is damaged; a later one ends the read before it
     */
    Place read(Place from, ByteBuffer target) throws DamageException {
        int start = target.position();
        int length = Math.min(target.remaining(), row.length() - from.position());
        Place place = from;
        int at = start;
        try {
            fill(from, target, length);
            int end = start + length;
            ByteBuffer readable = target.duplicate().limit(end);
            while (end - at >= BatchHeader.SIZE) {
                if (header(readable, at, place).sizeInBytes() > end - at) {
                    break; // cut by the target's size: a batch that the extent cuts is found damaged by the header
                    // check
                }
                BatchHeader header = verified(readable, at, place);
                at += header.sizeInBytes();
                place = after(place, header);
            }
        } catch (DamageException e) {
            if (at == start) {
                throw e;
            }
        } finally {
            target.position(at); // nothing behind it was verified
        }
        return place;
    }

    /** The size of the batch at a place, by its header. */
    int sizeAt(Place place) throws DamageException {
        return header(bytes(place, Math.min(BatchHeader.SIZE, row.length() - place.position())), 0, place)
                .sizeInBytes();
    }

    private Place after(Place place, BatchHeader header) {
        return new Place(place.position() + header.sizeInBytes(), header.lastOffset() + 1);
    }

    private ByteBuffer bytes(Place place, int length) throws DamageException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        fill(place, bytes, length);
        return bytes.flip();
    }

    private void fill(Place place, ByteBuffer target, int length) throws DamageException {
        int limit = target.limit();
        try {
            bytes.read(place.position(), target.limit(target.position() + length));
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.CORRUPT || e.kind() == StorageException.Kind.IO) {
                throw restDamaged(place, String.valueOf(e.getMessage()));
            }
            throw e;
        } finally {
            target.limit(limit);
        }
    }

    /** A header that fits its place: what lies outside the batch's own CRC. */
    private BatchHeader header(ByteBuffer buffer, int at, Place place) throws DamageException {
        BatchHeader header;
        try {
            header = BatchHeader.readAhead(buffer, at);
        } catch (InvalidBatchException e) {
            throw damaged(place, String.valueOf(e.getMessage()));
        }
        String wrong = wrong(header, place);
        if (wrong != null) {
            throw damaged(place, wrong);
        }
        return header;
    }

    private @Nullable String wrong(BatchHeader header, Place place) {
        int end = place.position() + header.sizeInBytes();
        if (header.baseOffset() != place.offset()) {
            return "base offset " + header.baseOffset() + " where " + place.offset() + " was written";
        }
        if (header.lastOffset() > row.lastOffset() || end > row.length() || end < 0) {
            return "the batch reaches beyond its extent";
        }
        if ((end == row.length()) != (header.lastOffset() == row.lastOffset())) {
            return "the batches do not fill their extent";
        }
        if (header.partitionLeaderEpoch() != leaderEpoch) {
            return "leader epoch " + header.partitionLeaderEpoch() + " where " + leaderEpoch + " was written";
        }
        return null;
    }

    private BatchHeader verified(ByteBuffer buffer, int at, Place place) throws DamageException {
        try {
            return BatchValidator.verify(buffer, at);
        } catch (InvalidBatchException e) {
            throw damaged(place, String.valueOf(e.getMessage()));
        }
    }

    /** Looks for the batch behind a damaged one: where its length leads to one that is whole, only the damaged one is lost. */
    private DamageException damaged(Place place, String reason) throws DamageException {
        ByteBuffer lengthField = bytes(place, Math.min(12, row.length() - place.position()));
        long next = lengthField.limit() < 12 ? 0 : place.position() + 12L + lengthField.getInt(8);
        if (next == row.length()) {
            return restDamaged(place, reason);
        }
        if (next < place.position() + BatchHeader.SIZE || next > row.length() - BatchHeader.SIZE) {
            return restDamaged(place, reason);
        }
        Place behind = new Place((int) next, place.offset());
        try {
            ByteBuffer head = bytes(behind, BatchHeader.SIZE);
            BatchHeader header = BatchHeader.readAhead(head, 0);
            if (header.baseOffset() <= place.offset() || header.sizeInBytes() > row.length() - next) {
                return restDamaged(place, reason);
            }
            BatchValidator.verify(bytes(behind, header.sizeInBytes()), 0);
            return new DamageException(
                    new Damage(place.offset(), header.baseOffset(), place.position(), reason),
                    new Place((int) next, header.baseOffset()));
        } catch (InvalidBatchException e) {
            return restDamaged(place, reason);
        }
    }

    private DamageException restDamaged(Place place, String reason) {
        return new DamageException(new Damage(place.offset(), row.lastOffset() + 1, place.position(), reason), null);
    }

    /** Stored bytes are not what was written. */
    static final class DamageException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Damage damage;
        private final transient @Nullable Place behind;

        DamageException(Damage damage, @Nullable Place behind) {
            super(damage.reason());
            this.damage = damage;
            this.behind = behind;
        }

        /** The next batch that is whole, where it could be found. */
        @Nullable
        Place behind() {
            return behind;
        }

        Damage damage() {
            return damage;
        }
    }

    /** As the fault that the reader is told. */
    static Fault fault(Damage damage, String resource) {
        return Fault.of(
                ErrorCode.CORRUPT,
                resource,
                "offsets " + damage.from() + " to " + (damage.to() - 1) + " cannot be read: " + damage.reason(),
                new Fault.CorruptRange(damage.from(), damage.to()));
    }
}
