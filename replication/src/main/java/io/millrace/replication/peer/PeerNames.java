package io.millrace.replication.peer;

import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks up the hosts of peers. A look-up may block for long: it has a thread of its own. */
final class PeerNames {
    private static final Logger log = LoggerFactory.getLogger(PeerNames.class);

    private final ExecutorService thread;

    PeerNames(ExecutorService thread) {
        this.thread = thread;
    }

    /** @param then is told on the loop; null: the host is not known */
    void resolve(String host, int port, EventLoop loop, Consumer<@Nullable InetSocketAddress> then) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            if (literal != null) {
                then.accept(new InetSocketAddress(InetAddress.getByAddress(host, literal), port));
            } else {
                thread.execute(() -> {
                    InetSocketAddress found = lookUp(host, port);
                    tell(loop, () -> then.accept(found));
                });
            }
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of odd length: " + host, e);
        } catch (RejectedExecutionException e) {
            log.debug("not looked up, closing: {}", host);
        }
    }

    private static @Nullable InetSocketAddress lookUp(String host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            log.debug("host of a peer is not known: {}", host);
            return null;
        }
    }

    private static void tell(EventLoop loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            log.debug("found too late, closing");
        }
    }
}
