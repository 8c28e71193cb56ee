package io.millrace.broker.host;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Whose directory it is: the file {@code identity} in it. Text of {@code key=value} lines, the last of which is the CRC-32C of the lines
 * before. Pure.
 *
 * @param incarnation a broker that lost its disk comes back with another one
 * @param dataShards as many as the broker was made with
 */
public record Identity(UUID clusterId, int brokerId, int incarnation, int dataShards) {
    static final int FORMAT = 1;

    String text() {
        String lines = "format=" + FORMAT + "\ncluster-id=" + clusterId + "\nbroker-id=" + brokerId + "\nincarnation="
                + incarnation + "\ndata-shards=" + dataShards + "\n";
        return lines + "crc=" + crc(lines) + "\n";
    }

    /** Faults: NEWER_FORMAT, DAMAGED_DIRECTORY. */
    static Identity parse(String text, String file) {
        Map<String, String> values = new HashMap<>();
        text.lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        });
        try {
            int format = Integer.parseInt(values.getOrDefault("format", ""));
            if (format > FORMAT) {
                throw Fault.of(
                                ErrorCode.NEWER_FORMAT,
                                file,
                                "The data directory has format " + format + "; this Millrace reads up to " + FORMAT
                                        + ". Start a newer Millrace on it.")
                        .asException();
            }
            int crcLine = text.lastIndexOf("crc=");
            if (crcLine < 0 || !crc(text.substring(0, crcLine)).equals(values.get("crc"))) {
                throw damaged(file);
            }
            return new Identity(
                    UUID.fromString(values.getOrDefault("cluster-id", "")),
                    Integer.parseInt(values.getOrDefault("broker-id", "")),
                    Integer.parseInt(values.getOrDefault("incarnation", "")),
                    Integer.parseInt(values.getOrDefault("data-shards", "")));
        } catch (IllegalArgumentException e) {
            throw damaged(file);
        }
    }

    private static RuntimeException damaged(String file) {
        return Fault.of(
                        ErrorCode.DAMAGED_DIRECTORY,
                        file,
                        "The file does not hold what was written: its checksum or a line is wrong. Restore it from a"
                                + " backup; it is five lines of text.")
                .asException();
    }

    private static String crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }
}
