@NullMarked
package io.millrace.broker.cluster;

import org.jspecify.annotations.NullMarked;
