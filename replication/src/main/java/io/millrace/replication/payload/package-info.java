/** Payload on its way from the leader of a shard into the shard logs of the other replicas. */
@NullMarked
package io.millrace.replication.payload;

import org.jspecify.annotations.NullMarked;
