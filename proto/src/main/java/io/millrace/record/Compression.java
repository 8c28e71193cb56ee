package io.millrace.record;

import io.millrace.error.ErrorCode;

/** The codec of a batch's records; the id stands in the three lowest bits of the batch's attributes. */
public enum Compression {
    NONE(0),
    GZIP(1),
    SNAPPY(2),
    LZ4(3),
    ZSTD(4);

    private static final Compression[] BY_ID = values();

    private final int id;

    Compression(int id) {
        this.id = id;
    }

    public int id() {
        return id;
    }

    /**
     * The codec with this id.
     *
     * @throws InvalidBatchException INVALID_BATCH where there is none
     */
    public static Compression forId(int id) {
        if (id < 0 || id >= BY_ID.length) {
            throw new InvalidBatchException(ErrorCode.INVALID_BATCH, "No codec has the id " + id);
        }
        return BY_ID[id];
    }
}
