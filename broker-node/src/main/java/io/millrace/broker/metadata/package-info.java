/** Cluster metadata: topics, partitions, brokers, and where each replica is placed. */
@NullMarked
package io.millrace.broker.metadata;

import org.jspecify.annotations.NullMarked;
