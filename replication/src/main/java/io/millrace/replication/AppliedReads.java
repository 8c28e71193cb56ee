package io.millrace.replication;

import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.Producer;
import io.millrace.replication.state.ProducerRow;
import io.millrace.replication.state.Sequencer;
import io.millrace.storage.PartitionIndex;
import org.jspecify.annotations.Nullable;

/** The applied state as the writer reads it while it makes one entry: one view of the index, opened when it is first needed. */
final class AppliedReads implements Sequencer.AppliedState {
    private final PartitionTable table;
    private final PartitionIndex index;
    private PartitionIndex.@Nullable View view;

    AppliedReads(PartitionTable table, PartitionIndex index) {
        this.table = table;
        this.index = index;
    }

    @Override
    public @Nullable Partition partition(PartitionId id) {
        return table.get(id);
    }

    @Override
    public @Nullable Producer producer(int partition, long producerId) {
        if (view == null) {
            view = index.view();
        }
        return ProducerRow.get(view, partition, producerId);
    }

    /** The next read sees what is applied by then. */
    void refresh() {
        if (view != null) {
            view.close();
            view = null;
        }
    }
}
