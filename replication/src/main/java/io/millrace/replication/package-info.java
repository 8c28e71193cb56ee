/** A shard as the broker sees it: propose, read, high watermark and role. */
@NullMarked
package io.millrace.replication;

import org.jspecify.annotations.NullMarked;
