/** The segmented shard log: appending, flushing, reading and recovering its files. */
@NullMarked
package io.millrace.storage.log;

import org.jspecify.annotations.NullMarked;
