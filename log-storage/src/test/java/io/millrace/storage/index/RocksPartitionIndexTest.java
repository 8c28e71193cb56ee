package io.millrace.storage.index;

import io.millrace.storage.FailStop;
import io.millrace.storage.PartitionIndex;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class RocksPartitionIndexTest extends PartitionIndexContract {
    private static final FailStop NO_FAILURE = (what, cause) -> {
        throw new AssertionError(what, cause);
    };

    private static IndexMemory memory;

    @TempDir
    private Path directory;

    @BeforeAll
    static void openMemory() {
        memory = IndexMemory.small();
    }

    @AfterAll
    static void closeMemory() {
        memory.close();
    }

    @Override
    PartitionIndex create() {
        return PartitionIndexes.open(directory.resolve("index"), IndexConfig.DEFAULT, memory, NO_FAILURE);
    }

    /** Closing flushes nothing; a real death of the process is in IndexKillTest. */
    @Override
    PartitionIndex crash(PartitionIndex index) {
        index.close();
        return create();
    }
}
