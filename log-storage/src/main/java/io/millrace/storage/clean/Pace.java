package io.millrace.storage.clean;

/** Holds a rewrite back, so that it leaves the disk to others. */
@FunctionalInterface
public interface Pace {
    Pace UNBOUNDED = bytes -> true;

    /**
     * Waits until so many more bytes may be read and written.
     *
     * @return false: give up
     */
    boolean take(int bytes);
}
