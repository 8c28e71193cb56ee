/**
 * The partition index: all state of a shard replica but the payload bytes, in RocksDB or in memory, and the row layouts of two families.
 *
 * <pre>
 * EXTENTS  partition u32, base offset u64 (big endian)  →  {@link io.millrace.storage.index.ExtentRow}
 * FILES    file u32 (big endian)                        →  {@link io.millrace.storage.index.FileRow}
 * META     0x00 ...                                     →  rows of the index itself: format version, applied mark
 * </pre>
 *
 * Every value begins with a version byte. A version that is not known is NEWER_FORMAT, bytes that cannot be a row are CORRUPT.
 */
@NullMarked
package io.millrace.storage.index;

import org.jspecify.annotations.NullMarked;
