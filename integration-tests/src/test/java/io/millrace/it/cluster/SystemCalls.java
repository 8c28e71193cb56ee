package io.millrace.it.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads what {@code strace -f -yy -xx} wrote: writes, forces and socket writes in the order in which they began and ended. A call that was interrupted
 * in the listing ("unfinished ... resumed") counts as two events.
 */
public final class SystemCalls {
    /** What to run a process under; the listing goes to {@code output}. */
    public static String[] tracer(Path output) {
        return new String[] {
            "strace",
            "-f",
            "-qq",
            "-yy",
            "-xx",
            "-s",
            "8400",
            "-e",
            "trace=write,writev,pwrite64,pwritev,fsync,fdatasync,sendto,sendmsg",
            "-o",
            output.toString()
        };
    }

    /** Whether there is a tracer on the path. */
    public static boolean tracerIsInstalled() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "strace")));
    }

    private static final Pattern CALL = Pattern.compile("^(\\d+)\\s+(\\w+)\\((\\d+)<(.*?)>(?:,|\\)| )(.*)$");
    private static final Pattern RESUMED = Pattern.compile("^(\\d+)\\s+<\\.\\.\\. (\\w+) resumed>(.*)$");
    private static final Pattern HEX = Pattern.compile("\"((?:\\\\x[0-9a-f]{2})*)\"");

    private SystemCalls() {}

    /** A call on a file or socket. {@code began} and {@code ended} are places in the listing. */
    public record Call(String name, String target, byte[] bytes, int began, int ended) {
        public boolean isForce() {
            return name.equals("fsync") || name.equals("fdatasync");
        }

        public boolean isWrite() {
            return !isForce();
        }
    }

    public static List<Call> read(Path listing) throws IOException {
        List<Call> calls = new ArrayList<>();
        Map<String, Call> unfinished = new HashMap<>();
        int place = 0;
        for (String line : Files.readAllLines(listing)) {
            place++;
            Matcher resumed = RESUMED.matcher(line);
            if (resumed.find()) {
                Call begun = unfinished.remove(resumed.group(1));
                if (begun != null) {
                    calls.set(
                            calls.indexOf(begun),
                            new Call(begun.name(), begun.target(), begun.bytes(), begun.began(), place));
                }
                continue;
            }
            Matcher call = CALL.matcher(line);
            if (!call.find()) {
                continue;
            }
            boolean open = line.endsWith("<unfinished ...>");
            Call read = new Call(
                    call.group(2), path(call.group(4)), bytes(call.group(5)), place, open ? Integer.MAX_VALUE : place);
            calls.add(read);
            if (open) {
                unfinished.put(call.group(1), read);
            }
        }
        return calls;
    }

    /** strace prints names in hex as well under -xx. */
    private static String path(String text) {
        if (!text.contains("\\x")) {
            return text;
        }
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); ) {
            if (text.startsWith("\\x", i)) {
                plain.append((char) Integer.parseInt(text.substring(i + 2, i + 4), 16));
                i += 4;
            } else {
                plain.append(text.charAt(i++));
            }
        }
        return plain.toString();
    }

    private static byte[] bytes(String arguments) {
        Matcher strings = HEX.matcher(arguments);
        List<Byte> bytes = new ArrayList<>();
        while (strings.find()) {
            String hex = strings.group(1);
            for (int i = 0; i < hex.length(); i += 4) {
                bytes.add((byte) Integer.parseInt(hex.substring(i + 2, i + 4), 16));
            }
        }
        byte[] array = new byte[bytes.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = bytes.get(i);
        }
        return array;
    }

    /** Whether the bytes of a socket write hold an HTTP/2 DATA frame with content (RFC 9113, section 4.1), as far as they were listed. */
    public static boolean carriesData(byte[] bytes) {
        int at = 0;
        while (at + 9 <= bytes.length) {
            int length = (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff);
            if (bytes[at + 3] == 0 && length > 0) {
                return true;
            }
            at += 9 + length;
        }
        return false;
    }
}
