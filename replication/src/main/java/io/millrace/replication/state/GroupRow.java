package io.millrace.replication.state;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows of COORDINATOR, version 1: {@code 'G' group 16 B} → kind u8, generation i32, name (length u16, UTF-8); and for the way from name to
 * group {@code 'N' name} → group 16 B.
 */
public final class GroupRow {
    /** Names are no longer, in UTF-8. */
    public static final int MAX_NAME_BYTES = 249;

    private static final byte BY_ID = 'G';
    private static final byte BY_NAME = 'N';

    private GroupRow() {}

    public static @Nullable Group get(Rows rows, UUID group) {
        byte[] value = rows.get(Family.COORDINATOR, key(group));
        return value == null ? null : decode(group, value);
    }

    public static @Nullable Group find(Rows rows, String name) {
        byte[] value = rows.get(Family.COORDINATOR, lookupKey(name));
        return value == null ? null : get(rows, RowBytes.uuid(RowBytes.open("groups", value, 16)));
    }

    /** All groups, by id. */
    public static List<Group> all(Rows rows) {
        List<Group> all = new ArrayList<>();
        rows.scan(Family.COORDINATOR, new byte[] {BY_ID}, new byte[] {BY_ID + 1}, (key, value) -> {
            if (key.length != 17) {
                throw RowBytes.corrupt("groups");
            }
            return all.add(decode(RowBytes.uuid(ByteBuffer.wrap(key).position(1)), value));
        });
        return all;
    }

    static void put(Rows rows, Group group) {
        rows.put(Family.COORDINATOR, key(group.id()), encode(group));
        rows.put(
                Family.COORDINATOR,
                lookupKey(group.name()),
                RowBytes.put(RowBytes.value(16), group.id()).array());
    }

    static void delete(Rows rows, Group group) {
        rows.delete(Family.COORDINATOR, lookupKey(group.name()));
        rows.delete(Family.COORDINATOR, key(group.id()));
    }

    static byte[] encode(Group group) {
        byte[] name = RowBytes.utf8(group.name());
        return RowBytes.value(1 + 4 + 2 + name.length)
                .put((byte) group.kind().number())
                .putInt(group.generation())
                .putShort((short) name.length)
                .put(name)
                .array();
    }

    static Group decode(UUID id, byte[] value) {
        ByteBuffer in = RowBytes.open("groups", value);
        if (in.remaining() < 5) {
            throw RowBytes.corrupt("groups");
        }
        Group.Kind kind = kind(in.get());
        int generation = in.getInt();
        String name = RowBytes.text(in, "groups");
        if (in.hasRemaining()) {
            throw RowBytes.corrupt("groups");
        }
        return new Group(id, name, kind, generation);
    }

    private static Group.Kind kind(int number) {
        for (Group.Kind kind : Group.Kind.values()) {
            if (kind.number() == number) {
                return kind;
            }
        }
        throw RowBytes.corrupt("groups");
    }

    static byte[] key(UUID group) {
        return RowBytes.put(ByteBuffer.allocate(17).put(BY_ID), group).array();
    }

    private static byte[] lookupKey(String name) {
        byte[] bytes = RowBytes.utf8(name);
        return ByteBuffer.allocate(1 + bytes.length).put(BY_NAME).put(bytes).array();
    }
}
