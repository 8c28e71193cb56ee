package io.millrace.storage.index;

/**
 * Settings of one shard's index.
 *
 * @param writeBufferBytes a family's memtable is written out when it is this large; the shared {@link IndexMemory} may ask earlier
 * @param maxOpenFiles table files kept open at a time
 * @param backgroundJobs flushes and compactions at a time, over all indexes of the process
 */
public record IndexConfig(long writeBufferBytes, int maxOpenFiles, int backgroundJobs) {
    /** Fits a process with a heap of 256 MiB on 2 cores. */
    public static final IndexConfig DEFAULT = new IndexConfig(8L << 20, 256, 2);

    public IndexConfig {
        if (writeBufferBytes < 64 << 10 || maxOpenFiles < 16 || backgroundJobs < 1) {
            throw new IllegalArgumentException("writeBufferBytes " + writeBufferBytes + " (≥ 64 KiB), maxOpenFiles "
                    + maxOpenFiles + " (≥ 16), backgroundJobs " + backgroundJobs + " (≥ 1)");
        }
    }
}
