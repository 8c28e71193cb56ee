package io.millrace.client;

import java.util.List;

/**
 * The cluster as a broker knows it.
 *
 * @param id 32 hexadecimal digits
 * @param version of the broker that answered
 * @param protocol the wire protocol's version
 */
public record ClusterDescription(String id, List<Broker> brokers, List<Shard> shards, String version, int protocol) {

    /** A broker and where clients reach it. */
    public record Broker(int id, String host, int port, String rack) {}

    /** A Raft group; {@code kind} is {@code metadata} or {@code data}; {@code leader} is a broker's id, -1: none known. */
    public record Shard(int id, String kind, int leader, long term, long appliedIndex) {}
}
