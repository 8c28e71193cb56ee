/** The meaning of each error code: which exceptions it maps to and whether a caller may retry. */
@NullMarked
package io.millrace.error;

import org.jspecify.annotations.NullMarked;
