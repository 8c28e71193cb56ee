@NullMarked
package io.millrace.broker.metadata;

import org.jspecify.annotations.NullMarked;
