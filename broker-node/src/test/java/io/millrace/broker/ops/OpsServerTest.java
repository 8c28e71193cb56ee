package io.millrace.broker.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.error.ErrorCode;
import io.millrace.error.FaultException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class OpsServerTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final AtomicReference<Readiness.State> state =
            new AtomicReference<>(new Readiness.State(1, 3, List.of("shard/2 has no leader \"yet\"")));

    private static HttpResponse<String> get(OpsServer server, String path, String method) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void tellsWhetherItIsReadyAndWhyNot() throws Exception {
        Readiness readiness = new Readiness(state::get);
        try (OpsServer server = OpsServer.start(ANY, () -> "a 1\n", readiness)) {
            assertThat(get(server, "/livez", "GET").statusCode()).isEqualTo(200);
            HttpResponse<String> notReady = get(server, "/readyz", "GET");
            assertThat(notReady.statusCode()).isEqualTo(503);
            assertThat(notReady.body())
                    .contains("\"ready\":1")
                    .contains("\"total\":3")
                    .contains("no leader \\\"yet\\\"");
            state.set(new Readiness.State(3, 3, List.of()));
            assertThat(get(server, "/readyz", "GET").statusCode()).isEqualTo(200);
            readiness.stopping();
            assertThat(get(server, "/readyz", "GET").body()).contains("the broker is stopping");
            assertThat(get(server, "/metrics", "GET").body()).isEqualTo("a 1\n");
            assertThat(get(server, "/metrics", "POST").statusCode()).isEqualTo(405);
            assertThat(get(server, "/metrics/x", "GET").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void saysWhenThePortIsTaken() {
        Readiness readiness = new Readiness(state::get);
        try (OpsServer server = OpsServer.start(ANY, () -> "", readiness)) {
            assertThatExceptionOfType(FaultException.class)
                    .isThrownBy(() -> OpsServer.start(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
                            () -> "",
                            readiness))
                    .satisfies(e -> assertThat(e.fault().code()).isEqualTo(ErrorCode.PORT_IN_USE))
                    .withMessageContaining("http.port");
        }
    }
}
