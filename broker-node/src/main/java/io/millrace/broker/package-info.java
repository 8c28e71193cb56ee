/** The broker process: its settings, its wiring, and its start and stop. */
@NullMarked
package io.millrace.broker;

import org.jspecify.annotations.NullMarked;
