/** Recorded histories of client operations, and the properties checked on them. */
@NullMarked
package io.millrace.it.check;

import org.jspecify.annotations.NullMarked;
