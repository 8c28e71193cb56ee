package io.millrace.broker.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A host and a port, written {@code host:port}; an IPv6 address stands in brackets. Pure.
 *
 * @param host in lower case, without brackets
 */
public record Address(String host, int port) {
    public Address {
        host = host.toLowerCase(Locale.ROOT);
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("'" + host + ":" + port + "' is not host:port");
        }
    }

    /** @throws IllegalArgumentException where it is none, with a text for a person */
    public static Address parse(String text) {
        String stripped = text.strip();
        int colon = stripped.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("'" + stripped + "' is not host:port, such as 10.0.0.1:7072");
        }
        String host = stripped.substring(0, colon);
        boolean isBracketed = host.startsWith("[") && host.endsWith("]");
        if (!isBracketed && host.contains(":")) {
            throw new IllegalArgumentException("'" + stripped + "': an IPv6 address stands in brackets, [::1]:7072");
        }
        try {
            return new Address(
                    isBracketed ? host.substring(1, host.length() - 1) : host,
                    Integer.parseInt(stripped.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + stripped + "' is not host:port, such as 10.0.0.1:7072", e);
        }
    }

    /** A list with commas between; empty: none. */
    public static List<Address> parseList(String text) {
        List<Address> all = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            if (!one.isBlank()) {
                all.add(parse(one));
            }
        }
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
