/** The producer behind the API: batching, the window of batches in flight, and retries. */
@NullMarked
package io.millrace.client.produce;

import org.jspecify.annotations.NullMarked;
