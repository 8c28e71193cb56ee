/** Operations: metrics, health and readiness over HTTP. */
@NullMarked
package io.millrace.broker.ops;

import org.jspecify.annotations.NullMarked;
