package io.millrace.broker.ops;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.replication.Leadership;
import io.millrace.replication.Shard;
import io.millrace.replication.ShardListener;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** The broker's figures, in Prometheus' form: names {@code millrace_…}, base units. Thread safe. */
public final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();

    public Metrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    /** What a scrape gets. */
    public String scrape() {
        return registry.scrape();
    }

    public void gauge(String name, String description, DoubleSupplier value) {
        Gauge.builder(name, value::getAsDouble).description(description).register(registry);
    }

    /** A figure that only rises. */
    public void counter(String name, String description, LongSupplier value) {
        FunctionCounter.builder(name, value, LongSupplier::getAsLong)
                .description(description)
                .register(registry);
    }

    /** A figure of one shard. */
    public void shardGauge(String name, String description, int shard, DoubleSupplier value) {
        Gauge.builder(name, value::getAsDouble)
                .description(description)
                .tags(tags(shard))
                .register(registry);
    }

    public void budget(MemoryBudget budget) {
        for (MemoryBudget.Lane lane : MemoryBudget.Lane.values()) {
            Tags tags = Tags.of("lane", lane.name().toLowerCase(java.util.Locale.ROOT));
            Gauge.builder("millrace.inflight.bytes", () -> budget.usedBytes(lane))
                    .description("Bytes of requests and responses held now")
                    .tags(tags)
                    .register(registry);
            Gauge.builder("millrace.inflight.limit.bytes", () -> budget.limitBytes(lane))
                    .description("Bytes of requests and responses that may be held")
                    .tags(tags)
                    .register(registry);
            Gauge.builder("millrace.inflight.waiting", () -> budget.waiting(lane))
                    .description("Streams that wait for room")
                    .tags(tags)
                    .register(registry);
        }
    }

    /** Figures of one shard that it keeps itself. */
    public void shard(Shard shard) {
        Tags tags = tags(shard.id());
        FunctionCounter.builder(
                        "millrace.shard.appended.bytes",
                        shard,
                        one -> one.stats().appendedBytes())
                .description("Bytes of record batches appended since the start")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder(
                        "millrace.shard.appended.records",
                        shard,
                        one -> one.stats().appendedRecords())
                .description("Records appended since the start")
                .tags(tags)
                .register(registry);
        Gauge.builder("millrace.shard.applied.index", shard, one -> one.stats().appliedIndex())
                .description("Raft index of the last applied entry")
                .tags(tags)
                .register(registry);
        Gauge.builder("millrace.shard.partitions", shard, one -> one.stats().partitions())
                .tags(tags)
                .register(registry);
        Gauge.builder(
                        "millrace.shard.queued.requests",
                        shard,
                        one -> one.stats().queuedRequests())
                .description("Requests that wait for a proposal")
                .tags(tags)
                .register(registry);
        Gauge.builder("millrace.shard.queued.bytes", shard, one -> one.stats().queuedBytes())
                .tags(tags)
                .register(registry);
        Gauge.builder(
                        "millrace.shard.entries.inflight",
                        shard,
                        one -> one.stats().entriesInFlight())
                .description("Entries proposed and not yet settled")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder(
                        "millrace.shard.moved.bytes", shard, one -> one.stats().movedBytes())
                .description("Bytes copied out of mostly dead segment files since the start")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder(
                        "millrace.shard.moved.files", shard, one -> one.stats().movedFiles())
                .description("Segment files written for them since the start")
                .tags(tags)
                .register(registry);
        Gauge.builder(
                        "millrace.shard.damaged.extents",
                        shard,
                        one -> one.stored().damagedCount())
                .description("Extents that are known to be damaged now")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder(
                        "millrace.shard.damage.found",
                        shard,
                        one -> one.stored().damagedSinceStart())
                .description("Damaged extents found since the start")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder(
                        "millrace.shard.damage.repaired",
                        shard,
                        one -> one.stored().repairedSinceStart())
                .description("Damaged extents fetched again from another replica since the start")
                .tags(tags)
                .register(registry);
        Gauge.builder("millrace.shard.damaged.files", shard, one -> one.stats().damagedFiles())
                .description("Mostly dead segment files that stay because a record in them is damaged")
                .tags(tags)
                .register(registry);
        Gauge.builder("millrace.shard.leading", shard, one -> one.leadership().leading() ? 1 : 0)
                .description("1 where this broker is the shard's ready leader")
                .tags(tags)
                .register(registry);
    }

    /** Times of one shard. {@code onLeadership} hears who leads it: must not block. */
    public ShardListener listener(int shard, Consumer<Leadership> onLeadership) {
        Tags tags = tags(shard);
        Timer queued = timer("millrace.shard.queued", "Wait of an entry's oldest request for its proposal", tags);
        Timer applied = timer("millrace.shard.commit", "From proposal to applied on a majority", tags);
        Timer failed = timer("millrace.shard.commit.failed", "From proposal to a failure", tags);
        Timer apply = timer("millrace.shard.apply", "Applying one entry", tags);
        return new ShardListener() {
            @Override
            public void proposed(int requests, long payloadBytes, long queuedNanos) {
                queued.record(queuedNanos, TimeUnit.NANOSECONDS);
            }

            @Override
            public void settled(boolean isApplied, long nanos) {
                (isApplied ? applied : failed).record(nanos, TimeUnit.NANOSECONDS);
            }

            @Override
            public void applied(int batches, long payloadBytes, long nanos) {
                apply.record(nanos, TimeUnit.NANOSECONDS);
            }

            @Override
            public void leadershipChanged(Leadership leadership) {
                onLeadership.accept(leadership);
            }
        };
    }

    private Timer timer(String name, String description, Tags tags) {
        return Timer.builder(name)
                .description(description)
                .tags(tags)
                .publishPercentileHistogram()
                .minimumExpectedValue(java.time.Duration.ofNanos(100_000))
                .maximumExpectedValue(java.time.Duration.ofSeconds(30))
                .register(registry);
    }

    private static Tags tags(int shard) {
        return Tags.of("shard", Integer.toString(shard));
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
