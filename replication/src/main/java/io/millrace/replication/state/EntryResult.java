package io.millrace.replication.state;

import java.util.List;

/**
 * What applying an entry answers.
 *
 * @param parts one for each append part, in the order of the entry
 * @param results one for each command, in the order of the entry
 */
public record EntryResult(List<AppendedPart> parts, List<CommandResult> results) {
    public EntryResult {
        parts = List.copyOf(parts);
        results = List.copyOf(results);
    }

    /** A batch that was applied. */
    public record AppendedPart(int partition, long baseOffset, long logStart) {}
}
