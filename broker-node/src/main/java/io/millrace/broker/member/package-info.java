/** This broker as a member of a cluster: how it gets in, follows the metadata, registers, and shares out leadership. */
@NullMarked
package io.millrace.broker.member;

import org.jspecify.annotations.NullMarked;
