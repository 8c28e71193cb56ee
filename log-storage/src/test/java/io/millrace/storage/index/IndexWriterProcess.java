package io.millrace.storage.index;

import io.millrace.storage.PartitionIndex;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Commits numbered applies for ever, flushes now and then, and says so. Small buffers make RocksDB flush on its own too. */
final class IndexWriterProcess {
    private IndexWriterProcess() {}

    public static void main(String[] args) {
        IndexConfig config = new IndexConfig(64 << 10, 64, 2);
        IndexMemory memory = new IndexMemory(1 << 20, 1 << 20);
        PartitionIndex index = PartitionIndexes.open(Path.of(args[0]), config, memory, (what, cause) -> {
            cause.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        int number = Math.max(0, (int) index.applied().raftIndex());
        SplittableRandom random = new SplittableRandom(number);
        while (true) {
            NumberedApplies.commit(index, ++number);
            if (random.nextInt(100) == 0) {
                index.flush();
                System.out.println("flushed " + number + ";");
            } else {
                System.out.println("applied " + number + ";");
            }
        }
    }
}
