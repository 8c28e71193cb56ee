package io.millrace.broker.member;

import io.millrace.broker.cluster.Address;
import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.Forming;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.peer.PeerClient;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the seeds, round after round, until it is clear which cluster this broker belongs to. Used once, by one thread. */
final class Seeds {
    private static final Logger LOG = LoggerFactory.getLogger(Seeds.class);
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long PAUSE_MILLIS = 200;
    private static final long SAY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PeerClient peers;
    private final Executor executor;
    private final LongSupplier nanos;

    Seeds(PeerClient peers, Executor executor, LongSupplier nanos) {
        this.peers = peers;
        this.executor = executor;
        this.nanos = nanos;
    }

    /**
     * Blocks until there is an answer, however long that takes; the log says every few seconds what is waited for.
     *
     * @throws FaultException a refusal; CANCELLED where the thread is interrupted
     */
    Formation ask(Member self, UUID newCluster) {
        String said = "";
        long saidNanos = nanos.getAsLong();
        while (true) {
            Forming.Decision decision = Forming.decide(self, askAll(self), newCluster);
            if (decision instanceof Forming.Decision.Form form) {
                return form.formation();
            } else if (decision instanceof Forming.Decision.Join join) {
                return join.formation();
            } else if (decision instanceof Forming.Decision.Refuse refuse) {
                throw refuse.fault().asException();
            } else if (decision instanceof Forming.Decision.Wait wait) {
                long now = nanos.getAsLong();
                if (!wait.why().equals(said) || now - saidNanos >= SAY_AGAIN_NANOS) {
                    LOG.info("Broker {}: {}", self.peer().broker(), wait.why());
                    said = wait.why();
                    saidNanos = now;
                }
            }
            pause();
        }
    }

    private Map<Address, Forming.Answer> askAll(Member self) {
        Map<Address, CompletableFuture<Forming.Answer>> asked = new HashMap<>();
        for (Address seed : self.seeds()) {
            asked.put(seed, CompletableFuture.supplyAsync(() -> peers.hello(seed, ANSWER_NANOS), executor));
        }
        Map<Address, Forming.Answer> answers = new HashMap<>();
        asked.forEach((seed, answer) -> answers.put(seed, answer.join()));
        return answers;
    }

    private static void pause() {
        try {
            var unused = new CountDownLatch(1).await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(Fault.of(ErrorCode.CANCELLED, "", "The start was cut off."), e);
        }
    }
}
