package io.millrace.broker.rpc;

import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.group.Positions;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.metadata.Topics;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.broker.produce.PlainRecords;
import io.millrace.broker.verify.Verification;

/** The parts of the broker's core that a front-end translates for. */
public record Core(
        MetadataShard metadata,
        Partitions partitions,
        Topics topics,
        ProducerIds producerIds,
        Appends appends,
        PlainRecords plainRecords,
        Fetches fetches,
        Positions positions,
        MemoryBudget budget,
        Verification verification) {}
