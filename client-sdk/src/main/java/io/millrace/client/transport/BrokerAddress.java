package io.millrace.client.transport;

import java.util.ArrayList;
import java.util.List;

/** Where a broker listens. */
public record BrokerAddress(String host, int port) {

    public BrokerAddress {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("host is empty");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port must be between 1 and 65535, not " + port);
        }
    }

    /** Parses {@code host:port}; an IPv6 address stands in brackets. */
    public static BrokerAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("a broker's address is host:port, not \"" + text + "\"");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address stands in brackets: [" + host + "]:port");
        }
        try {
            return new BrokerAddress(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the port of \"" + text + "\" is no number", e);
        }
    }

    /** Parses {@code host:port,host:port}; at least one. */
    public static List<BrokerAddress> parseList(String text) {
        List<BrokerAddress> addresses = new ArrayList<>();
        for (String each : text.split(",")) {
            if (!each.isBlank()) {
                addresses.add(parse(each.trim()));
            }
        }
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("bootstrap names no broker: it must be host:port,host:port");
        }
        return List.copyOf(addresses);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
