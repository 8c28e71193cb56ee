/** The demo: real events through a real broker process, every claim checked against the file they came from. */
@NullMarked
package io.millrace.cli.demo;

import org.jspecify.annotations.NullMarked;
