/** What this process holds on disk: the data directory, and the shards that are opened in it. */
@NullMarked
package io.millrace.broker.host;

import org.jspecify.annotations.NullMarked;
