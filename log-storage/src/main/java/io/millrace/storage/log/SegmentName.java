package io.millrace.storage.log;

import io.millrace.storage.ShardLog;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of segment files: the number in ten digits, so that names sort as numbers. Those of moved extents are told by their name too. */
public final class SegmentName {
    static final String SUFFIX = ".seg";
    /** Follows the name of a file that is being deleted. */
    static final String DELETED = ".deleted";

    private static final String MOVED = ".moved";
    private static final Pattern NAME = Pattern.compile("(\\d{10})(\\.moved)?\\.seg");

    private SegmentName() {}

    public static String of(int file) {
        return String.format("%010d", file) + (ShardLog.isMoved(file) ? MOVED : "") + SUFFIX;
    }

    /** The number of a segment file; empty for any other file. */
    static OptionalInt parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return OptionalInt.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        boolean fits = number <= Integer.MAX_VALUE && ShardLog.isMoved((int) number) == (matcher.group(2) != null);
        return fits ? OptionalInt.of((int) number) : OptionalInt.empty();
    }
}
