package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerRecord;
import io.millrace.it.cluster.ForkedBroker;
import io.millrace.it.cluster.SystemCalls;
import io.millrace.it.cluster.SystemCalls.Call;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the kernel saw: before a byte of an acknowledgement goes to the client, the payload was written and forced, and after that the header was written and
 * forced. Records are sent one at a time, so each acknowledgement has one payload and one header before it.
 */
class ForceOrderIT {
    private static final int RECORDS = 20;

    @Test
    void payloadIsForcedBeforeTheHeaderAndTheHeaderBeforeTheAck(@TempDir Path directory) throws Exception {
        // In CI the tracer is installed, and its absence is a failure.
        assumeTrue(System.getenv("CI") != null || SystemCalls.tracerIsInstalled(), "strace is not installed");
        Path listing = directory.resolve("strace.txt");
        int acknowledged = 0;
        String bootstrap;
        String port;
        try (ForkedBroker broker =
                ForkedBroker.in(directory).under(SystemCalls.tracer(listing)).start()) {
            bootstrap = broker.bootstrap();
            port = bootstrap.substring(bootstrap.lastIndexOf(':'));
            try (MillraceClient client = Millrace.connect(bootstrap)) {
                client.admin().createTopic(NewTopic.of("forced", 1));
                try (Producer producer = client.newProducer()) {
                    for (int i = 0; i < RECORDS; i++) {
                        producer.send(ProducerRecord.of("forced", ("marker-" + i).getBytes(StandardCharsets.UTF_8)))
                                .get(30, TimeUnit.SECONDS);
                        acknowledged++;
                    }
                }
            }
            broker.stop();
        }
        assertThat(acknowledged).isEqualTo(RECORDS);

        List<Call> calls = SystemCalls.read(listing);
        int checked = 0;
        for (int i = 0; i < RECORDS; i++) {
            Call payload = payloadWrite(calls, "marker-" + i);
            Call payloadForce = first(
                    calls,
                    payload.ended(),
                    call -> call.isForce() && call.target().equals(payload.target()));
            Call headerWrite = first(calls, payload.began(), call -> call.isWrite() && isRaftLog(call));
            Call headerForce = first(
                    calls,
                    Math.max(headerWrite.ended(), payloadForce.ended()),
                    call -> call.isForce() && isRaftLog(call));
            Call ack = first(
                    calls,
                    payload.began(),
                    call -> call.isWrite()
                            && call.target().contains(port + "->")
                            && SystemCalls.carriesData(call.bytes()));
            assertThat(payloadForce.ended())
                    .as("payload %d forced before its header is forced", i)
                    .isLessThan(headerForce.began());
            assertThat(headerForce.ended())
                    .as("header %d forced before its acknowledgement", i)
                    .isLessThan(ack.began());
            checked++;
        }
        assertThat(checked).isEqualTo(RECORDS);
        System.out.printf(
                "force order: %d acknowledgements, each after payload force and header force (%d system calls, %d bytes of listing)%n",
                checked, calls.size(), Files.size(listing));
    }

    private static Call payloadWrite(List<Call> calls, String marker) {
        byte[] wanted = marker.getBytes(StandardCharsets.UTF_8);
        return first(
                calls,
                0,
                call -> call.isWrite()
                        && call.target().contains("/log/")
                        && !isRaftLog(call)
                        && contains(call.bytes(), wanted));
    }

    private static boolean isRaftLog(Call call) {
        return call.target().contains("/raft/") && call.target().contains("log_inprogress");
    }

    private static Call first(List<Call> calls, int after, java.util.function.Predicate<Call> wanted) {
        return calls.stream()
                .filter(call -> call.began() > after)
                .filter(wanted)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such call after place " + after));
    }

    private static boolean contains(byte[] bytes, byte[] wanted) {
        outer:
        for (int at = 0; at + wanted.length <= bytes.length; at++) {
            for (int i = 0; i < wanted.length; i++) {
                if (bytes[at + i] != wanted[i]) {
                    continue outer;
                }
            }
            // "marker-1" is no part of "marker-10"
            int next = at + wanted.length;
            if (next >= bytes.length || bytes[next] < '0' || bytes[next] > '9') {
                return true;
            }
        }
        return false;
    }
}
