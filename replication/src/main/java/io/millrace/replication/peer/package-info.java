/** The raw streams between the brokers of a cluster: payload beside Raft, and who leads. */
@NullMarked
package io.millrace.replication.peer;

import org.jspecify.annotations.NullMarked;
