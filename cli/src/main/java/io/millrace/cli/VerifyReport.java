package io.millrace.cli;

import io.millrace.client.Verification.Damage;
import io.millrace.client.Verification.Shard;
import java.util.List;

/** What {@code verify} prints for scripts. */
public record VerifyReport(
        boolean equal,
        List<Shard> shards,
        List<Damage> damaged,
        List<Damage> repaired,
        long bytesRead,
        double seconds) {}
