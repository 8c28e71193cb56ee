/** The partition index in RocksDB: where each record batch of a partition lies in the shard log. */
@NullMarked
package io.millrace.storage.index;

import org.jspecify.annotations.NullMarked;
