package io.millrace.storage.log;

import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Reads a segment file from outside and judges everything in it; changes nothing. Behind an invalid place it goes on at the next valid
 * frame header, so that all of a damaged file is seen.
 */
public final class SegmentInspector {
    private final FileOps fileOps;

    public SegmentInspector(FileOps fileOps) {
        this.fileOps = fileOps;
    }

    /** A verdict. */
    public enum Verdict {
        /** The header of the file. */
        FILE_HEADER,
        /** A frame of a Raft entry. */
        FRAME,
        /** An extent that was moved; term is the handle of its partition, Raft index its base offset. */
        MOVED,
        /** Zeros up to the end of a flush. */
        PADDING,
        /** The end of a sealed file. */
        FOOTER,
        /** Bytes that are nothing of these. */
        INVALID,
        /** Written by a newer version; the rest is not judged. */
        NEWER_FORMAT
    }

    /**
     * What stands at a place.
     *
     * @param position in the file
     * @param bytes to the next place
     * @param term of a frame, else 0
     * @param raftIndex of a frame, else 0
     * @param payloadBytes of a frame, else 0
     * @param detail in words, where there is more to say
     */
    public record Place(
            Verdict verdict, long position, long bytes, long term, long raftIndex, int payloadBytes, String detail) {}

    /**
     * Visits every place of a file, in order.
     *
     * @param file a segment file under its own name
     * @return whether all of it is valid
     * @throws StorageException IO
     */
    public boolean inspect(Path file, Consumer<Place> visitor) {
        OptionalInt number = SegmentName.parse(file.getFileName().toString());
        if (number.isEmpty()) {
            throw new IllegalArgumentException(file + " has not the name of a segment file");
        }
        try (LogFile opened = fileOps.open(file, FileOps.Access.READ)) {
            return inspect(new FrameScanner(opened, number.getAsInt(), FrameScanner.window()), visitor);
        } catch (IOException e) {
            throw Health.storageException("inspection of " + file, e);
        }
    }

    private static boolean inspect(FrameScanner scanner, Consumer<Place> visitor) throws IOException {
        int position = 0;
        try {
            boolean valid = inspectHeader(scanner, visitor);
            position = SegmentHeader.BYTES;
            while (position < scanner.size()) {
                Place place = place(scanner, position);
                visitor.accept(place);
                valid &= place.verdict() != Verdict.INVALID;
                position += (int) place.bytes();
            }
            return valid;
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NEWER_FORMAT) {
                throw e;
            }
            visitor.accept(new Place(Verdict.NEWER_FORMAT, position, scanner.size() - position, 0, 0, 0, e.toString()));
            return false;
        }
    }

    private static boolean inspectHeader(FrameScanner scanner, Consumer<Place> visitor) throws IOException {
        SegmentHeader header = scanner.fileHeader();
        long bytes = Math.min(SegmentHeader.BYTES, scanner.size());
        if (header == null) {
            visitor.accept(new Place(Verdict.INVALID, 0, bytes, 0, 0, 0, "no valid file header"));
            return false;
        }
        String detail = ShardLog.isMoved(header.file())
                ? "moved extents"
                : header.previousBytes() < 0 ? "first file" : "file before: " + header.previousBytes() + " bytes";
        visitor.accept(new Place(Verdict.FILE_HEADER, 0, bytes, 0, 0, 0, detail));
        return true;
    }

    private static Place place(FrameScanner scanner, int position) throws IOException {
        FrameScanner.Finding finding = scanner.at(position);
        if (finding instanceof FrameScanner.Valid valid) {
            FrameHeader header = valid.header();
            SegmentFooter footer = valid.footer();
            String detail = footer == null
                    ? "flush from " + header.flushStart()
                    : footer.frames() + " frames, " + footer.payloadBytes() + " bytes of payload";
            Verdict verdict = switch (header.kind()) {
                case DATA -> Verdict.FRAME;
                case PADDING -> Verdict.PADDING;
                case FOOTER -> Verdict.FOOTER;
                case MOVED -> Verdict.MOVED;
            };
            return new Place(
                    verdict,
                    position,
                    header.end() - position,
                    header.term(),
                    header.raftIndex(),
                    header.payloadBytes(),
                    detail);
        }
        String reason = finding instanceof FrameScanner.Invalid invalid ? invalid.reason() : "the file ends";
        int next = scanner.nextHeader(position + FrameHeader.ALIGNMENT);
        long end = next < 0 ? scanner.size() : next;
        return new Place(Verdict.INVALID, position, end - position, 0, 0, 0, reason);
    }
}
