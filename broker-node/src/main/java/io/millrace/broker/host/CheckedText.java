package io.millrace.broker.host;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** Small files of {@code key=value} lines, the last of which is the CRC-32C of the lines before. Pure. */
final class CheckedText {
    private CheckedText() {}

    static String of(List<String> lines) {
        String text = String.join("\n", lines) + "\n";
        return text + "crc=" + crc(text) + "\n";
    }

    /** Values by key. Faults: NEWER_FORMAT, DAMAGED_DIRECTORY. */
    static Map<String, String> parse(String text, int newestFormat, String file) {
        Map<String, String> values = new HashMap<>();
        text.lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        });
        int format;
        try {
            format = Integer.parseInt(values.getOrDefault("format", ""));
        } catch (NumberFormatException e) {
            throw damaged(file);
        }
        if (format > newestFormat) {
            throw Fault.of(
                            ErrorCode.NEWER_FORMAT,
                            file,
                            "The data directory has format " + format + "; this Millrace reads up to " + newestFormat
                                    + ". Start a newer Millrace on it.")
                    .asException();
        }
        int crcLine = text.lastIndexOf("crc=");
        if (crcLine < 0 || !crc(text.substring(0, crcLine)).equals(values.get("crc"))) {
            throw damaged(file);
        }
        return values;
    }

    static FaultException damaged(String file) {
        return Fault.of(
                        ErrorCode.DAMAGED_DIRECTORY,
                        file,
                        "The file does not hold what was written: its checksum or a line is wrong. Restore it from a"
                                + " backup; it is a few lines of text.")
                .asException();
    }

    private static String crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }
}
