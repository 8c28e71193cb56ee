/** The broker's settings: what there is, how a file, the environment and the command line set it, and its reference page. */
@NullMarked
package io.millrace.broker.config;

import org.jspecify.annotations.NullMarked;
