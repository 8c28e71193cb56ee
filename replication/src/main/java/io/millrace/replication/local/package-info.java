/** A replicated log without replicas or Raft, for tests of what stands above it. */
@NullMarked
package io.millrace.replication.local;

import org.jspecify.annotations.NullMarked;
