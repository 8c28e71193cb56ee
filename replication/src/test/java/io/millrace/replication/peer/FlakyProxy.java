package io.millrace.replication.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands between two brokers and harms what passes from the one that connects to the other, as told. */
final class FlakyProxy implements AutoCloseable {
    /** What happens to a piece of a stream. Called by one thread for each connection. */
    interface Harm {
        Harm NONE = (connection, position, bytes, length) -> true;

        /**
         * @param connection number of the connection, from 1
         * @param position of the first byte in the stream
         * @return false: the connection is reset, and these bytes are lost
         */
        boolean pass(int connection, long position, byte[] bytes, int length);
    }

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile Harm harm = Harm.NONE;
    private volatile boolean stalled;

    FlakyProxy(int target) throws IOException {
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.target = target;
        daemon(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    void harm(Harm next) {
        harm = next;
    }

    /** From now on nothing passes, in either direction, and no connection ends. */
    void stall(boolean now) {
        stalled = now;
    }

    int connections() {
        return connections.get();
    }

    void resetAll() {
        sockets.forEach(FlakyProxy::reset);
        sockets.clear();
    }

    private void accept() {
        try {
            while (true) {
                Socket from = server.accept();
                sockets.add(from);
                try {
                    Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
                    sockets.add(to);
                    int number = connections.incrementAndGet();
                    daemon(() -> pass(from, to, number));
                    daemon(() -> pass(to, from, 0));
                } catch (IOException e) {
                    reset(from);
                }
            }
        } catch (SocketException e) {
            resetAll(); // closed
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void pass(Socket from, Socket to, int connection) {
        byte[] bytes = new byte[16 << 10];
        long position = 0;
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                while (stalled && !from.isClosed()) {
                    Thread.onSpinWait();
                }
                if (connection > 0 && !harm.pass(connection, position, bytes, read)) {
                    reset(from);
                    reset(to);
                    return;
                }
                out.write(bytes, 0, read);
                position += read;
            }
        } catch (IOException e) {
            reset(from);
            reset(to);
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "flaky-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        resetAll();
    }
}
