package io.millrace.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import io.millrace.storage.Rows.Row;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Random operations on rows with few, colliding keys, and comparison of two implementations. */
final class RandomRows {
    static final byte[] LOWEST = {1};
    static final byte[] ABOVE_ALL = {-1, -1, -1, -1, -1, -1};
    private static final Family[] FAMILIES = {Family.META, Family.EXTENTS, Family.PARTITIONS, Family.QUEUE};

    private final RandomGenerator random;

    RandomRows(RandomGenerator random) {
        this.random = random;
    }

    Family family() {
        return FAMILIES[random.nextInt(FAMILIES.length)];
    }

    /** Bytes around the sign, prefixes of one another; never beginning with 0, which META keeps for the index. */
    byte[] key() {
        byte[] key = new byte[1 + random.nextInt(3)];
        for (int i = 0; i < key.length; i++) {
            key[i] = new byte[] {1, 2, 0x7e, 0x7f, (byte) 0x80, (byte) 0x81, -2}[random.nextInt(7)];
        }
        return key;
    }

    /** Puts or deletes the same row in both. */
    void change(Rows rows, Rows model) {
        Family family = family();
        byte[] key = key();
        if (random.nextInt(3) > 0) {
            byte[] value = new byte[random.nextInt(4) * 5];
            random.nextBytes(value);
            rows.put(family, key, value);
            model.put(family, key, value);
        } else {
            rows.delete(family, key);
            model.delete(family, key);
        }
    }

    /** Compares the answers to one random read. */
    void read(Rows rows, Rows model) {
        Family family = family();
        byte[] key = key();
        byte[] lowest = random.nextBoolean() ? LOWEST : key();
        assertThat(rows.get(family, key)).isEqualTo(model.get(family, key));
        assertThat(text(rows.floor(family, lowest, key))).isEqualTo(text(model.floor(family, lowest, key)));
        int limit = random.nextInt(10);
        assertThat(list(rows, family, lowest, key, limit)).isEqualTo(list(model, family, lowest, key, limit));
        assertThat(list(rows, family, key, ABOVE_ALL, limit)).isEqualTo(list(model, family, key, ABOVE_ALL, limit));
    }

    /** Every row of every family but those that the index keeps for itself. */
    static List<String> all(Rows rows) {
        List<String> all = new ArrayList<>();
        for (Family family : Family.values()) {
            list(rows, family, LOWEST, ABOVE_ALL, Integer.MAX_VALUE).forEach(row -> all.add(family + " " + row));
        }
        return all;
    }

    private static List<String> list(Rows rows, Family family, byte[] from, byte[] to, int limit) {
        List<String> found = new ArrayList<>();
        rows.scan(family, from, to, (key, value) -> {
            found.add(text(new Row(key, value)));
            return found.size() <= limit;
        });
        return found;
    }

    static String text(@Nullable Row row) {
        return row == null
                ? "none"
                : HexFormat.of().formatHex(row.key()) + "=" + HexFormat.of().formatHex(row.value());
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
