package io.millrace.broker.ops;

import java.util.List;
import java.util.function.Supplier;

/** Whether the broker can serve, and why not. Thread safe. */
public final class Readiness {
    private final Supplier<State> look;
    private volatile boolean isStopping;

    /**
     * At one moment.
     *
     * @param shardsReady that have a ready leader here, of {@code shardsTotal}
     * @param reasons empty: ready
     */
    public record State(int shardsReady, int shardsTotal, List<String> reasons) {
        public State {
            reasons = List.copyOf(reasons);
        }

        public boolean isReady() {
            return reasons.isEmpty();
        }
    }

    public Readiness(Supplier<State> look) {
        this.look = look;
    }

    public void stopping() {
        isStopping = true;
    }

    public State state() {
        State state = look.get();
        if (!isStopping) {
            return state;
        }
        return new State(state.shardsReady(), state.shardsTotal(), List.of("the broker is stopping"));
    }
}
