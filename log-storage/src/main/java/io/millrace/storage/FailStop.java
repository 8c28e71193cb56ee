package io.millrace.storage;

/**
 * What to do when durability can no longer be promised. In a broker it halts the process at once (no shutdown hooks, so that nothing
 * pretends to finish cleanly); in tests it records the call.
 */
@FunctionalInterface
public interface FailStop {
    /** Called once by whoever saw the failure; need not return. */
    void fail(String what, Throwable cause);
}
