/** Tests of the whole: modules together, clusters, and the rules of the architecture. */
@NullMarked
package io.millrace.it;

import org.jspecify.annotations.NullMarked;
