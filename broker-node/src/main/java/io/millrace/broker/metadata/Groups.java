package io.millrace.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.Shard;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.Group;
import io.millrace.replication.state.ShardCommand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Ids of groups by their names. A group's name belongs to its home shard, which another broker may lead than the partitions that the group reads; an id that was
 * seen once stays, since groups are not deleted. Thread safe; calls may block for up to their deadline.
 */
public final class Groups {
    private static final int REMEMBERED = 10_000;

    private final Partitions partitions;
    private final ShardCommands commands;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, UUID> seen = new LinkedHashMap<>(16, 0.75f, true);

    public Groups(Partitions partitions, ShardCommands commands, RandomGenerator random) {
        this.partitions = partitions;
        this.commands = commands;
        this.random = random;
    }

    /** Faults: INVALID_GROUP_NAME, UNKNOWN_GROUP, SHARD_UNAVAILABLE. */
    public UUID id(String name, long deadlineNanos) {
        UUID found = find(name, deadlineNanos);
        if (found == null) {
            throw Fault.of(
                            ErrorCode.UNKNOWN_GROUP,
                            "group/" + name,
                            "There is no such group. A group begins with the first claim of its members.")
                    .asException();
        }
        return found;
    }

    /** The group's id; makes the group where there is none. */
    public UUID ensure(String name, long deadlineNanos) {
        UUID found = find(name, deadlineNanos);
        if (found != null) {
            return found;
        }
        CommandResult result = commands.execute(
                partitions.home(name),
                new ShardCommand.CreateGroup(name, new UUID(random.nextLong(), random.nextLong())),
                "group/" + name,
                deadlineNanos);
        if (result instanceof CommandResult.GroupCreated created) {
            return remember(name, created.group().id());
        }
        if (result instanceof CommandResult.Refused refused) {
            throw refused.fault("group/" + name).asException();
        }
        throw new IllegalStateException("not an answer of this command: " + result);
    }

    private @Nullable UUID find(String name, long deadlineNanos) {
        Fault fault = TopicName.groupFault(name);
        if (fault != null) {
            throw fault.asException();
        }
        lock.lock();
        try {
            UUID known = seen.get(name);
            if (known != null) {
                return known;
            }
        } finally {
            lock.unlock();
        }
        int home = partitions.home(name);
        UUID found = inReplica(home, name);
        if (found == null) {
            found = commands.findGroup(home, name, deadlineNanos);
        }
        return found == null ? null : remember(name, found);
    }

    /** What this broker's replica of the home shard knows; it may lag, but what it has is right. */
    private @Nullable UUID inReplica(int home, String name) {
        try {
            Shard replica = partitions.replica(home);
            Group group = replica == null ? null : replica.group(name);
            return group == null ? null : group.id();
        } catch (FaultException e) {
            // Quarantined: its leader knows.
            return null;
        }
    }

    private UUID remember(String name, UUID id) {
        lock.lock();
        try {
            seen.put(name, id);
            if (seen.size() > REMEMBERED) {
                seen.remove(seen.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
        return id;
    }
}
