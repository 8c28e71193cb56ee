/** A shard without replicas, for a broker that stands alone. */
@NullMarked
package io.millrace.replication.local;

import org.jspecify.annotations.NullMarked;
