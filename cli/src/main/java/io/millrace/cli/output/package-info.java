/** What a person or a script reads: records, tables, figures and progress. */
@NullMarked
package io.millrace.cli.output;

import org.jspecify.annotations.NullMarked;
