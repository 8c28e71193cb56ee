/** The client's view of the cluster, and the way to the leader of a partition. */
@NullMarked
package io.millrace.client.cluster;

import org.jspecify.annotations.NullMarked;
