package io.millrace.broker;

import io.millrace.replication.ratis.RatisEvents;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says which replicas cannot go on by themselves, now and then. Thread safe. */
final class StuckShards implements RatisEvents {
    private static final Logger LOG = LoggerFactory.getLogger(StuckShards.class);
    private static final long SAY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier nanos;
    private final Map<String, Long> said = new ConcurrentHashMap<>();

    StuckShards(LongSupplier nanos) {
        this.nanos = nanos;
    }

    @Override
    public void stuck(int shard) {
        say("Shard " + shard + " waits for a payload that no broker has: restart this broker, so that it cuts it off");
    }

    @Override
    public void behind(int shard) {
        say("Shard " + shard + " is further behind than its leader's log reaches: it must be copied anew");
    }

    private void say(String what) {
        long now = nanos.getAsLong();
        Long before = said.get(what);
        if (before == null || now - before >= SAY_AGAIN_NANOS) {
            said.put(what, now);
            LOG.error(what);
        }
    }
}
