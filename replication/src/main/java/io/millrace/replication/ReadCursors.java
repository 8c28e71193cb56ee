package io.millrace.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.replication.ExtentReader.Place;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where reads ended in the middle of an extent, so that the next one need not look for its place from the extent's start. A hint, no more:
 * a place is a boundary between batches as long as the extent's row stands. Thread safe; forgets the oldest.
 */
final class ReadCursors {
    private static final int LIMIT = 4096;

    private record Key(int partition, long baseOffset, long offset) {}

    @GuardedBy("this")
    private final Map<Key, Place> places = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Place> eldest) {
            return size() > LIMIT;
        }
    };

    synchronized void remember(int partition, long baseOffset, Place place) {
        places.put(new Key(partition, baseOffset, place.offset()), place);
    }

    @Nullable
    synchronized Place startFor(int partition, long baseOffset, long offset) {
        return places.get(new Key(partition, baseOffset, offset));
    }
}
