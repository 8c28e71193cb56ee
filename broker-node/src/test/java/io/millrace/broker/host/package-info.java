@NullMarked
package io.millrace.broker.host;

import org.jspecify.annotations.NullMarked;
