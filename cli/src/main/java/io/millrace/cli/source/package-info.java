/** Records to be read, apart from the consumer that fetches them. */
@NullMarked
package io.millrace.cli.source;

import org.jspecify.annotations.NullMarked;
