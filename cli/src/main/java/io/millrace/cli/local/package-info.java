/** A cluster of a few broker processes on this machine, for trying out. */
@NullMarked
package io.millrace.cli.local;

import org.jspecify.annotations.NullMarked;
