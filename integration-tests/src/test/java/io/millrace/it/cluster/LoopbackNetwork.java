package io.millrace.it.cluster;

import java.util.List;

/** The loopback interface of this machine: nothing ever goes wrong on it. */
final class LoopbackNetwork implements Network {
    @Override
    public String host(int id) {
        return "127.0.0.1";
    }

    @Override
    public List<String> wrapper(int id) {
        return List.of();
    }

    @Override
    public boolean hasFaults() {
        return false;
    }

    @Override
    public void cut(int from, int to) {
        throw new UnsupportedOperationException("the loopback interface cannot be cut");
    }

    @Override
    public void heal(int from, int to) {}

    @Override
    public void slow(int id, int kilobits) {
        throw new UnsupportedOperationException("the loopback interface cannot be slowed down");
    }

    @Override
    public void speed(int id) {}

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "loopback (no network faults: they need root and the ip command)";
    }
}
