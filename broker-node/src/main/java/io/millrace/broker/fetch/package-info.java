/** The read path: fetch sessions, and readers that wait for new records. */
@NullMarked
package io.millrace.broker.fetch;

import org.jspecify.annotations.NullMarked;
