package io.millrace.client.cluster;

/** How requests find the leader of a partition. */
public enum Routing {
    /** At the address of the leader, as the cluster names it. */
    DIRECT,
    /** By any broker of the bootstrap list, which forwards: for a client that reaches no others. */
    FORWARDED
}
