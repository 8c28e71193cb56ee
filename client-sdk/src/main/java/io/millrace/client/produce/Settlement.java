package io.millrace.client.produce;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/**
 * Told once for each batch how it ended, on the sender's thread or the one that closes the producer; the first {@code count} entries of the arrays are its records, in the order of their
 * sends. The arrays are used again after the call. What it throws is logged and changes nothing.
 */
public interface Settlement {

    /** @param slots what the senders handed over with each record */
    void delivered(
            String topic,
            int partition,
            long baseOffset,
            boolean duplicate,
            @Nullable Object[] slots,
            long[] timestamps,
            int count);

    void failed(Fault fault, @Nullable Object[] slots, int count);
}
