package io.millrace.broker.rpc;

import io.millrace.broker.fetch.Fetches;
import io.millrace.v1.StartPoint;

/** The wire's start points as the core's. */
final class StartPoints {
    private StartPoints() {}

    static Fetches.StartPoint of(StartPoint point, Fetches.StartPoint standard) {
        return switch (point.getPointCase()) {
            case OFFSET -> new Fetches.StartPoint.AtOffset(point.getOffset());
            case TIMESTAMP_MILLIS -> new Fetches.StartPoint.AtTime(point.getTimestampMillis());
            case START -> new Fetches.StartPoint.AtStart();
            case END -> new Fetches.StartPoint.AtEnd();
            case POINT_NOT_SET -> standard;
        };
    }
}
