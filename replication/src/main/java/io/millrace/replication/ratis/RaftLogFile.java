package io.millrace.replication.ratis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.jspecify.annotations.Nullable;

/**
 * A segment file of Ratis' log as it was found on disk, read whole. Format (SegmentedRaftLogFormat and SegmentedRaftLogOutputStream of
 * Ratis 3.3.0): the eight bytes {@code RaftLog1}, then per entry its length as a varint, the protobuf, and a CRC-32C of both, big-endian;
 * then zeros, preallocated. A closed segment is named {@code log_first-last}, the open one {@code log_inprogress_first}.
 *
 * @param first index by the file's name
 * @param last index by the file's name; -1: the open segment
 * @param entries the valid ones, from the start
 * @param validBytes length of header and valid entries
 * @param damage what follows them
 */
record RaftLogFile(Path path, long first, long last, List<Entry> entries, int validBytes, Damage damage) {
    private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");
    private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");
    private static final byte[] MAGIC = {'R', 'a', 'f', 't', 'L', 'o', 'g', '1'};
    private static final int CRC_BYTES = 4;

    /** First byte of every entry's protobuf where its term is above 0: field 1 (term), varint. */
    private static final byte TERM_TAG = 0x08;

    /** What stands behind the valid entries. */
    enum Damage {
        /** Zeros, or nothing. */
        NONE,
        /** Something that is no entry, and no valid entry behind it: what a crash while writing leaves. */
        TORN,
        /** Not the head of a segment file, or something that is no entry before a valid one: damaged after it was written. */
        DAMAGED
    }

    /** A valid entry and where it begins. */
    record Entry(LogEntryProto proto, int position) {}

    boolean isOpen() {
        return last < 0;
    }

    /** The last index in the file; first - 1 where there is none. */
    long lastValid() {
        return first + entries.size() - 1;
    }

    static Path openPath(Path directory, long first) {
        return directory.resolve("log_inprogress_" + first);
    }

    static Path closedPath(Path directory, long first, long last) {
        return directory.resolve("log_" + first + "-" + last);
    }

    /** Name of a segment file, read; null where the file is another. */
    static @Nullable Name name(Path path) {
        String fileName = String.valueOf(path.getFileName());
        Matcher closed = CLOSED.matcher(fileName);
        if (closed.matches()) {
            return new Name(path, Long.parseLong(closed.group(1)), Long.parseLong(closed.group(2)));
        }
        Matcher open = OPEN.matcher(fileName);
        return open.matches() ? new Name(path, Long.parseLong(open.group(1)), -1) : null;
    }

    /** @param last -1: open */
    record Name(Path path, long first, long last) {}

    static RaftLogFile read(Name name) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(name.path()));
        List<Entry> entries = new ArrayList<>();
        int position = magicBytes(bytes);
        if (position == MAGIC.length) {
            for (LogEntryProto entry; (entry = entryAt(bytes, position)) != null; position = bytes.position()) {
                if (entry.getIndex() != name.first() + entries.size()) {
                    break;
                }
                entries.add(new Entry(entry, position));
            }
        }
        return new RaftLogFile(name.path(), name.first(), name.last(), entries, position, damage(bytes, position));
    }

    /** How many bytes of the file's head are as they should be. */
    private static int magicBytes(ByteBuffer bytes) {
        int same = 0;
        while (same < MAGIC.length && same < bytes.limit() && bytes.get(same) == MAGIC[same]) {
            same++;
        }
        return same;
    }

    private static Damage damage(ByteBuffer bytes, int from) {
        int position = from;
        while (position < bytes.limit() && bytes.get(position) == 0) {
            position++;
        }
        if (position == bytes.limit()) {
            return Damage.NONE;
        }
        if (from < MAGIC.length) {
            return Damage.DAMAGED;
        }
        // Behind a torn entry stands no valid one. The tag is a filter that saves most of the checksums.
        for (int i = from; i < bytes.limit() - 1; i++) {
            if (entryAt(bytes, i) != null) {
                return Damage.DAMAGED;
            }
        }
        return Damage.TORN;
    }

    /** The valid entry that begins at a position, with the buffer's position moved behind it; else null. */
    private static @Nullable LogEntryProto entryAt(ByteBuffer bytes, int position) {
        int length = 0;
        int at = position;
        for (int shift = 0; ; shift += 7) {
            if (at >= bytes.limit() || shift > 28) {
                return null;
            }
            byte b = bytes.get(at++);
            length |= (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
        }
        if (length <= 0 || length > bytes.limit() - at - CRC_BYTES || bytes.get(at) != TERM_TAG) {
            return null;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(position, at + length - position));
        if ((int) crc.getValue() != bytes.getInt(at + length)) {
            return null;
        }
        try {
            LogEntryProto entry = LogEntryProto.parseFrom(bytes.slice(at, length));
            bytes.position(at + length + CRC_BYTES);
            return entry;
        } catch (InvalidProtocolBufferException e) {
            return null; // a checksum that fits by chance; what follows decides
        }
    }
}
