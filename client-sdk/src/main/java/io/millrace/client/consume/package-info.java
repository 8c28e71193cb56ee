/** The consumer behind the API: fetching ahead, group membership and positions. */
@NullMarked
package io.millrace.client.consume;

import org.jspecify.annotations.NullMarked;
