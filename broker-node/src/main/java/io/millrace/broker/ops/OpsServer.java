package io.millrace.broker.ops;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The HTTP port for operators: {@code /metrics} (Prometheus), {@code /livez}, {@code /readyz}. GET only. */
public final class OpsServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService executor;

    private OpsServer(HttpServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
    }

    /** Listens once this returns. @throws FaultException PORT_IN_USE */
    public static OpsServer start(InetSocketAddress address, Supplier<String> metrics, Readiness readiness) {
        HttpServer server;
        try {
            server = HttpServer.create(address, 16);
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.PORT_IN_USE,
                            "port/" + address.getPort(),
                            "Cannot listen on " + address.getHostString() + ":" + address.getPort() + ": "
                                    + e.getMessage()
                                    + ". Stop the process that has the port, or set http.port (--http-port; 0 takes a free one)."),
                    e);
        }
        // A few scrapers and probes; whoever comes on top of that is turned away rather than queued without end.
        ExecutorService executor =
                new ThreadPoolExecutor(1, 2, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(32), task -> {
                    Thread thread = new Thread(task, "ops-http");
                    thread.setDaemon(true);
                    return thread;
                });
        server.setExecutor(executor);
        server.createContext(
                "/metrics",
                exchange -> answer(exchange, "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", metrics));
        server.createContext(
                "/livez",
                exchange -> answer(exchange, "/livez", 200, "application/json", () -> "{\"status\":\"live\"}"));
        server.createContext("/readyz", exchange -> {
            Readiness.State state = readiness.state();
            answer(exchange, "/readyz", state.isReady() ? 200 : 503, "application/json", () -> json(state));
        });
        server.start();
        return new OpsServer(server, executor);
    }

    private static String json(Readiness.State state) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", state.isReady() ? "ready" : "not ready");
        body.put("shards", Map.of("ready", state.shardsReady(), "total", state.shardsTotal()));
        body.put("reasons", state.reasons());
        try {
            return JSON.writeValueAsString(body);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError("maps of text are JSON", e);
        }
    }

    private static void answer(
            HttpExchange exchange, String path, int status, String contentType, Supplier<String> body)
            throws IOException {
        try (exchange) {
            boolean isGet = exchange.getRequestMethod().equals("GET")
                    || exchange.getRequestMethod().equals("HEAD");
            boolean isHere = exchange.getRequestURI().getPath().equals(path);
            int answered = !isHere ? 404 : !isGet ? 405 : status;
            byte[] bytes = answered == status ? body.get().getBytes(StandardCharsets.UTF_8) : new byte[0];
            exchange.getResponseHeaders().set("Content-Type", contentType);
            boolean isEmpty = bytes.length == 0 || exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(answered, isEmpty ? -1 : bytes.length);
            if (!isEmpty) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(bytes);
                }
            }
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
