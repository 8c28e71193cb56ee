/** The replicated state of a shard, as pure decisions and their application, without I/O, clock or thread. */
@NullMarked
package io.millrace.replication.state;

import org.jspecify.annotations.NullMarked;
