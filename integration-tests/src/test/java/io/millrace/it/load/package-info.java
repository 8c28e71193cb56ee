/** Clients at work while faults strike: what they do is noted in a {@link io.millrace.it.check.History}. */
@NullMarked
package io.millrace.it.load;

import org.jspecify.annotations.NullMarked;
