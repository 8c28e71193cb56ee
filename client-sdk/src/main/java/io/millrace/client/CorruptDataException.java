package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/**
 * Stored records do not match their checksum. The consumer stays where it is; {@code seek(partition, resumeAt())} goes on behind the damage.
 */
public final class CorruptDataException extends MillraceException {
    private static final long serialVersionUID = 1L;

    private final long corruptFrom;
    private final long corruptTo;

    CorruptDataException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
        Fault.CorruptRange range =
                fault.detail() instanceof Fault.CorruptRange given ? given : new Fault.CorruptRange(-1, -1);
        this.corruptFrom = range.from();
        this.corruptTo = range.to();
    }

    /** The offsets {@code [corruptFrom, resumeAt)} cannot be read; -1: not told. */
    public long corruptFrom() {
        return corruptFrom;
    }

    /** Where reading may go on. */
    public long resumeAt() {
        return corruptTo;
    }
}
