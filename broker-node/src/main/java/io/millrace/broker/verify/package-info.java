/** Whether the replicas of a shard hold equal records. */
@NullMarked
package io.millrace.broker.verify;

import org.jspecify.annotations.NullMarked;
