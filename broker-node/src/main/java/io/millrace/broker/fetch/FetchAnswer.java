package io.millrace.broker.fetch;

import io.millrace.error.Fault;
import io.millrace.replication.PartitionStatus;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What came of a part of a query. {@code part}: its index. */
public sealed interface FetchAnswer {
    int part();

    /** Whole batches, maybe none. */
    record Records(int part, PartitionStatus status, ByteBuffer batches, long nextOffset) implements FetchAnswer {}

    /** @param status where the partition was found */
    record Failed(int part, Fault fault, @Nullable PartitionStatus status) implements FetchAnswer {}
}
