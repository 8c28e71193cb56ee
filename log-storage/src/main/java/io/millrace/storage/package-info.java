/** The shard log and the partition index as the layers above see them: bytes in, extents out. */
@NullMarked
package io.millrace.storage;

import org.jspecify.annotations.NullMarked;
