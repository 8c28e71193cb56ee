package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatisLogTest {
    @TempDir
    Path directory;

    @Test
    void appliesProposalsInOrderWithTheirPayloads() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            List<CompletableFuture<Long>> results = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                names.add("e" + i);
                results.add(shard.propose("e" + i, i % 3 * 700));
            }
            long last = -1;
            for (CompletableFuture<Long> each : results) {
                long index = each.get(10, TimeUnit.SECONDS);
                assertThat(index).isGreaterThan(last);
                last = index;
            }
            assertThat(shard.applied()).isEqualTo(names);
            assertThat(shard.failStops).isEmpty();
        }
    }
}
