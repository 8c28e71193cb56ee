@NullMarked
package io.millrace.broker.config;

import org.jspecify.annotations.NullMarked;
