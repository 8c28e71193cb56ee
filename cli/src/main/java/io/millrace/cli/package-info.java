/** The command line tool: one class for each command, on top of the client API. */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
