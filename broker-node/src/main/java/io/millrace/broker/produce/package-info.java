/** The write path: batching appends for a shard within the budget of bytes in flight. */
@NullMarked
package io.millrace.broker.produce;

import org.jspecify.annotations.NullMarked;
