package io.millrace.replication.state;

import java.util.UUID;

/**
 * A consumer group. All kinds share one name space.
 *
 * @param generation rises when what stands in the record changes
 */
public record Group(UUID id, String name, Kind kind, int generation) {

    /** Which protocol its members speak. The numbers stand in rows and are for ever. */
    public enum Kind {
        MILLRACE(1),
        CLASSIC(2),
        CONSUMER(3),
        SHARE(4);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }
    }
}
