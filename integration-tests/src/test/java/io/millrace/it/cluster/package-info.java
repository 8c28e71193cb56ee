/** Clusters for tests, in one process and forked, and the faults put upon them. */
@NullMarked
package io.millrace.it.cluster;

import org.jspecify.annotations.NullMarked;
