/** Input of {@code produce}: bounded lines of files and pipes, and records made of them. */
@NullMarked
package io.millrace.cli.input;

import org.jspecify.annotations.NullMarked;
