/** The record batch, the unit of everything: building, reading, compressing and checking its bytes. */
@NullMarked
package io.millrace.record;

import org.jspecify.annotations.NullMarked;
