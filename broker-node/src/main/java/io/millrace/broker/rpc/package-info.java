/** The gRPC front-end of the broker: it translates calls and errors and decides nothing. */
@NullMarked
package io.millrace.broker.rpc;

import org.jspecify.annotations.NullMarked;
