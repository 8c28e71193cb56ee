/** What a broker knows of the others before and beside the metadata: who they are, how a cluster begins, and who leads. */
@NullMarked
package io.millrace.broker.cluster;

import org.jspecify.annotations.NullMarked;
