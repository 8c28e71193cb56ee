package io.millrace.storage;

/**
 * The column families of a shard's index. A name is for ever; a family that is not known is refused as a newer format. Keys sort as unsigned
 * bytes. Row layouts belong to the layer that writes them; {@link #EXTENTS} and {@link #FILES} are documented in {@link PartitionIndex}.
 */
public enum Family {
    /** Applied mark, shard-wide counters, format version. */
    META("meta"),
    /** (partition, base offset) → where the batches stand. */
    EXTENTS("extents"),
    /** Segment file → live bytes. */
    FILES("files"),
    /** Raft index → where the payload of the entry stands, while another replica may ask for it. */
    FRAMES("frames"),
    /** (partition, leader epoch) → first offset. */
    EPOCHS("epochs"),
    /** Partition handle → id, bounds, counters, configuration. */
    PARTITIONS("partitions"),
    /** (partition, producer id) → epoch and the last batches. */
    PRODUCERS("producers"),
    /** (partition, group) → position. */
    POSITIONS("positions"),
    /** Group and coordinator rows of this shard's slots; metadata rows in the metadata shard. */
    COORDINATOR("coordinator"),
    /** Queue rows: reserved. */
    QUEUE("queue"),
    /** Due times: reserved. */
    DUE("due"),
    /** Message ids: reserved. */
    IDS("ids"),
    /** Open transactions: reserved. */
    OPEN("open"),
    /** Aborted transactions: reserved. */
    ABORTED("aborted");

    private final String columnFamily;

    Family(String columnFamily) {
        this.columnFamily = columnFamily;
    }

    public String columnFamily() {
        return columnFamily;
    }
}
