/** Connections and streams to brokers, the only package of the client that imports gRPC. */
@NullMarked
package io.millrace.client.transport;

import org.jspecify.annotations.NullMarked;
