@NullMarked
package io.millrace.storage.file;

import org.jspecify.annotations.NullMarked;
