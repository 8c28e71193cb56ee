/** The client API for applications: producer, consumer and admin, free of gRPC and protobuf types. */
@NullMarked
package io.millrace.client;

import org.jspecify.annotations.NullMarked;
