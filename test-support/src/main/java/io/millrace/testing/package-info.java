/** Test helpers that know no Millrace module: seeded repetition and time moved by hand. */
@NullMarked
package io.millrace.testing;

import org.jspecify.annotations.NullMarked;
