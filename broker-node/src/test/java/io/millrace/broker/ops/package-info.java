@NullMarked
package io.millrace.broker.ops;

import org.jspecify.annotations.NullMarked;
