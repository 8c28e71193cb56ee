package io.millrace.broker.fetch;

import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.PartitionStatus;

/** The fault of an offset that cannot be read. Pure. */
final class OffsetRange {
    private OffsetRange() {}

    static Fault fault(Place place, long offset, PartitionStatus status) {
        boolean isBelow = offset >= 0 && offset < status.logStart();
        String why = offset < 0
                ? "Offsets begin at 0; " + offset + " was asked for."
                : isBelow
                        ? "The offsets " + offset + " to " + (status.logStart() - 1)
                                + " are not kept any more. Go on at " + status.logStart() + ", or choose a start."
                        : "Offset " + offset + " is above the end " + status.logEnd() + ".";
        return Fault.of(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                place.resource(),
                why,
                new Fault.OffsetRange(
                        status.logStart(),
                        status.logEnd(),
                        isBelow ? offset : status.logEnd(),
                        isBelow ? status.logStart() : status.logEnd()));
    }
}
