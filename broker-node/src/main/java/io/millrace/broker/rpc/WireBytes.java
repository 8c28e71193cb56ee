package io.millrace.broker.rpc;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.error.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Bytes of messages as the core takes them, without a copy where that is possible. */
final class WireBytes {
    private WireBytes() {}

    /** The bytes of a message that was parsed for us alone: the buffer shares them and may be written. */
    static ByteBuffer owned(ByteString bytes) {
        Capture capture = new Capture();
        try {
            UnsafeByteOperations.unsafeWriteTo(bytes, capture);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteBuffer captured = capture.buffer;
        return captured == null || captured.remaining() != bytes.size()
                ? ByteBuffer.wrap(bytes.toByteArray())
                : captured;
    }

    /** The buffer must not change any more. */
    static ByteString wrapped(ByteBuffer buffer) {
        return buffer.hasRemaining() ? UnsafeByteOperations.unsafeWrap(buffer) : ByteString.EMPTY;
    }

    static ByteString of(UUID id) {
        ByteBuffer bytes = ByteBuffer.allocate(16);
        bytes.putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip();
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    /** Null where there are no bytes; a fault where there are not 16. */
    static @Nullable UUID idOrNull(ByteString bytes, String field) {
        if (bytes.isEmpty()) {
            return null;
        }
        if (bytes.size() != 16) {
            Fault fault = Errors.invalid("", field + " has 16 bytes, not " + bytes.size() + ".");
            throw fault.asException();
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /** Takes the array of a byte string that is one array. */
    private static final class Capture extends ByteOutput {
        private @Nullable ByteBuffer buffer;

        @Override
        public void write(byte value) {
            throw new AssertionError("byte strings write arrays");
        }

        @Override
        public void write(byte[] value, int offset, int length) {
            writeLazy(value, offset, length);
        }

        @Override
        public void writeLazy(byte[] value, int offset, int length) {
            buffer = ByteBuffer.wrap(value, offset, length).slice();
        }

        @Override
        public void write(ByteBuffer value) {
            writeLazy(value);
        }

        @Override
        public void writeLazy(ByteBuffer value) {
            buffer = value.slice();
        }
    }
}
