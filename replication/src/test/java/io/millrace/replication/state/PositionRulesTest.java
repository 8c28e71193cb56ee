package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.state.CommandResult.PositionClaimed;
import io.millrace.replication.state.CommandResult.PositionCommitted;
import io.millrace.replication.state.CommandResult.PositionSet;
import io.millrace.replication.state.CommandResult.Refused;
import io.millrace.storage.Family;
import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PositionRulesTest {
    private static final UUID GROUP = new UUID(0, 7);
    private static final UUID ANN = new UUID(0, 1);
    private static final UUID BOB = new UUID(0, 2);
    private static final int HANDLE = 1;

    private MemoryRows rows = new MemoryRows();
    private long index;

    @BeforeEach
    void tenRecords() {
        rows = Histories.withPartitions(1);
        AppendPart part = AppendPart.of(Histories.batch(10, -1, -1, -1, 1), HANDLE, 0, 1);
        Histories.apply(rows, 1, 1, new EntryHeader(1, List.of(part), List.of()));
        index = 1;
    }

    private CommandResult execute(ShardCommand command) {
        return Histories.execute(rows, ++index, command);
    }

    private static ShardCommand.CommitPosition commit(long epoch, long position) {
        return new ShardCommand.CommitPosition(HANDLE, GROUP, epoch, position, 3, "m");
    }

    private static void assertRefused(CommandResult result, ErrorCode code) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
    }

    @Test
    void grantsNothingWithoutARow() {
        assertRefused(execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, ANN, 0)), ErrorCode.POSITION_NOT_READY);
        assertRefused(execute(commit(0, 0)), ErrorCode.POSITION_NOT_READY);
        assertRefused(execute(new ShardCommand.SetPosition(HANDLE, GROUP, 1, 0)), ErrorCode.POSITION_NOT_READY);
        assertRefused(execute(new ShardCommand.InitPosition(9, GROUP, 0)), ErrorCode.UNKNOWN_PARTITION);
        assertRefused(execute(new ShardCommand.InitPosition(HANDLE, GROUP, 11)), ErrorCode.INVALID_POSITION);
    }

    @Test
    void fencesTheOwnerBefore() {
        execute(new ShardCommand.InitPosition(HANDLE, GROUP, 2));
        assertThat(execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, ANN, 0)))
                .isEqualTo(new PositionClaimed(1, 2, 0, 10, 2, 2));
        assertThat(execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, ANN, 1)))
                .as("again by the same")
                .isEqualTo(new PositionClaimed(1, 2, 0, 10, 2, 2));
        assertRefused(execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, BOB, 1)), ErrorCode.FENCED);
        assertThat(execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, BOB, 5)))
                .isEqualTo(new PositionClaimed(5, 2, 0, 10, 2, 2));

        CommandResult late = execute(commit(1, 4));
        assertThat(late)
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.detail()).isEqualTo(new Fault.Owner(5, CommandResult.show(BOB))));
        assertThat(execute(commit(5, 4))).isInstanceOf(PositionCommitted.class);
        assertRefused(execute(commit(6, 5)), ErrorCode.FENCED);
    }

    @Test
    void neverMovesBackButByAReset() {
        execute(new ShardCommand.InitPosition(HANDLE, GROUP, 0));
        execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, ANN, 0));
        execute(commit(1, 6));
        assertRefused(execute(commit(1, 5)), ErrorCode.INVALID_POSITION);
        assertRefused(execute(commit(1, 11)), ErrorCode.INVALID_POSITION);
        assertRefused(execute(new ShardCommand.SetPosition(HANDLE, GROUP, 1, 0)), ErrorCode.FENCED);
        assertRefused(execute(new ShardCommand.SetPosition(HANDLE, GROUP, 2, 11)), ErrorCode.INVALID_POSITION);
        assertThat(execute(new ShardCommand.SetPosition(HANDLE, GROUP, 2, 0))).isEqualTo(new PositionSet(2, 0));
        assertRefused(execute(commit(1, 7)), ErrorCode.FENCED);
        Position reset = Objects.requireNonNull(PositionRow.get(rows, HANDLE, GROUP));
        assertThat(reset).isEqualTo(new Position(0, 2, null, -1, "", reset.changedAtMicros(), Position.Origin.RESET));
    }

    @Test
    void refusesMetadataThatIsTooLong() {
        execute(new ShardCommand.InitPosition(HANDLE, GROUP, 0));
        String most = "é".repeat(2048);
        assertThat(execute(new ShardCommand.CommitPosition(HANDLE, GROUP, 0, 1, -1, most)))
                .isInstanceOf(PositionCommitted.class);
        assertRefused(
                execute(new ShardCommand.CommitPosition(HANDLE, GROUP, 0, 1, -1, most + "x")),
                ErrorCode.METADATA_TOO_LARGE);
    }

    @Test
    void dropsAGroupWithItsPositions() {
        execute(new ShardCommand.CreateGroup("g", GROUP));
        assertThat(execute(new ShardCommand.CreateGroup("g", new UUID(5, 5))))
                .isEqualTo(new CommandResult.GroupCreated(new Group(GROUP, "g", Group.Kind.MILLRACE, 0), false));
        assertRefused(execute(new ShardCommand.CreateGroup("h", GROUP)), ErrorCode.INVALID_REQUEST);
        assertRefused(execute(new ShardCommand.CreateGroup("", new UUID(6, 6))), ErrorCode.INVALID_GROUP_NAME);
        execute(new ShardCommand.InitPosition(HANDLE, GROUP, 0));
        assertThat(execute(new ShardCommand.DropGroup(GROUP))).isEqualTo(new CommandResult.GroupDropped(true, 1));
        assertThat(execute(new ShardCommand.DropGroup(GROUP))).isEqualTo(new CommandResult.GroupDropped(false, 0));
        assertThat(Histories.dump(rows, Family.POSITIONS)).isEmpty();
        assertThat(Histories.dump(rows, Family.COORDINATOR)).isEmpty();
    }

    /** Two fields of plain state and the rules as sentences. */
    @Seeds(100)
    void followsTheRules(long seed) {
        tenRecords();
        SplittableRandom random = new SplittableRandom(seed);
        execute(new ShardCommand.InitPosition(HANDLE, GROUP, 3));
        long offset = 3;
        long epoch = 0;
        UUID owner = null;
        for (int step = 0; step < 80; step++) {
            long asked = random.nextInt(6) == 0 ? 0 : Math.max(0, epoch + random.nextInt(-1, 3));
            long place = random.nextInt(0, 12);
            UUID member = random.nextBoolean() ? ANN : BOB;
            long taken = asked == 0 ? epoch + 1 : asked;
            switch (random.nextInt(3)) {
                case 0 -> {
                    boolean granted = taken > epoch || (taken == epoch && member.equals(owner));
                    CommandResult result = execute(new ShardCommand.ClaimPosition(HANDLE, GROUP, member, asked));
                    assertThat(result instanceof PositionClaimed).isEqualTo(granted);
                    epoch = granted ? taken : epoch;
                    owner = granted ? member : owner;
                }
                case 1 -> {
                    boolean moved = asked == epoch && place >= offset && place <= 10;
                    assertThat(execute(commit(asked, place)) instanceof PositionCommitted)
                            .isEqualTo(moved);
                    offset = moved ? place : offset;
                }
                default -> {
                    boolean set = taken > epoch && place <= 10;
                    CommandResult result = execute(new ShardCommand.SetPosition(HANDLE, GROUP, asked, place));
                    assertThat(result instanceof PositionSet).isEqualTo(set);
                    epoch = set ? taken : epoch;
                    offset = set ? place : offset;
                    owner = set ? null : owner;
                }
            }
            assertStands(offset, epoch, owner);
        }
    }

    private void assertStands(long offset, long epoch, @Nullable UUID owner) {
        Position position = Objects.requireNonNull(PositionRow.get(rows, HANDLE, GROUP));
        assertThat(position.offset()).isEqualTo(offset);
        assertThat(position.ownerEpoch()).isEqualTo(epoch);
        assertThat(position.owner()).isEqualTo(owner);
    }
}
