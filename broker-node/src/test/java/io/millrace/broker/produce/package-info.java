@NullMarked
package io.millrace.broker.produce;

import org.jspecify.annotations.NullMarked;
