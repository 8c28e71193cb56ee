/** The adapter to Apache Ratis, the only package that imports it. */
@NullMarked
package io.millrace.replication.ratis;

import org.jspecify.annotations.NullMarked;
