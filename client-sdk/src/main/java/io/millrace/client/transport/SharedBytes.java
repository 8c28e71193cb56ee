package io.millrace.client.transport;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Views without copy between protobuf's bytes and ours. Whoever holds one side does not change what the other reads. */
public final class SharedBytes {
    private SharedBytes() {}

    /** The remaining bytes of the buffer, which must not change while the result is in use. */
    public static ByteString wrap(ByteBuffer bytes) {
        return UnsafeByteOperations.unsafeWrap(
                bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    /** The bytes as a heap buffer with an array; not to be written. */
    public static ByteBuffer view(ByteString bytes) {
        ArrayFinder finder = new ArrayFinder();
        try {
            UnsafeByteOperations.unsafeWriteTo(bytes, finder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteBuffer found = finder.found;
        return found != null && found.remaining() == bytes.size() ? found : ByteBuffer.wrap(bytes.toByteArray());
    }

    /** Is shown the array that a byte string consists of: one piece, unless the string was concatenated. */
    private static final class ArrayFinder extends ByteOutput {
        private @Nullable ByteBuffer found;

        @Override
        public void write(byte value) {
            found = null;
        }

        @Override
        public void write(byte[] value, int offset, int length) {
            found = ByteBuffer.wrap(value, offset, length);
        }

        @Override
        public void writeLazy(byte[] value, int offset, int length) {
            found = ByteBuffer.wrap(value, offset, length);
        }

        @Override
        public void write(ByteBuffer value) {
            found = value.hasArray() ? value : null;
        }

        @Override
        public void writeLazy(ByteBuffer value) {
            found = value.hasArray() ? value : null;
        }
    }
}
