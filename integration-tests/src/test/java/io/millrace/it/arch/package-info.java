/** The architecture rules as tests. */
@NullMarked
package io.millrace.it.arch;

import org.jspecify.annotations.NullMarked;
