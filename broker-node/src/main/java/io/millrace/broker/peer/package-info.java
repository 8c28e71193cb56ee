/** gRPC between the brokers of a cluster: who is there, changes of the metadata, commands to shards. */
@NullMarked
package io.millrace.broker.peer;

import org.jspecify.annotations.NullMarked;
