/** Consumer groups: members, assignments and committed positions. */
@NullMarked
package io.millrace.broker.group;

import org.jspecify.annotations.NullMarked;
