/** Damage to what is stored: looked for, and repaired from other replicas. */
@NullMarked
package io.millrace.broker.repair;

import org.jspecify.annotations.NullMarked;
