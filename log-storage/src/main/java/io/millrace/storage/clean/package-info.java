/** Giving the space of dead records back. */
@NullMarked
package io.millrace.storage.clean;

import org.jspecify.annotations.NullMarked;
