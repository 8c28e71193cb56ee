/** File access below the shard log, in one place so that tests can make a disk fail. */
@NullMarked
package io.millrace.storage.file;

import org.jspecify.annotations.NullMarked;
