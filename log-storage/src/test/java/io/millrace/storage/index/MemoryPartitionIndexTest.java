package io.millrace.storage.index;

import io.millrace.storage.PartitionIndex;

class MemoryPartitionIndexTest extends PartitionIndexContract {
    @Override
    PartitionIndex create() {
        return new MemoryPartitionIndex();
    }

    @Override
    PartitionIndex crash(PartitionIndex index) {
        return ((MemoryPartitionIndex) index).crashed();
    }
}
