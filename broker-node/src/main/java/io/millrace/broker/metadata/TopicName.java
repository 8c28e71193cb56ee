package io.millrace.broker.metadata;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a topic or group may be called. Pure. */
public final class TopicName {
    public static final int MAX_LENGTH = 249;
    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]{1," + MAX_LENGTH + "}");

    private TopicName() {}

    /** Why a topic must not have this name; null where it may. */
    public static @Nullable Fault fault(String name) {
        if (!isLegal(name)) {
            return refused(
                    name,
                    "A topic name has 1 to " + MAX_LENGTH
                            + " of the characters a-z A-Z 0-9 . _ - and is not '.' or '..'.");
        }
        if (name.startsWith("__")) {
            return refused(name, "Names that begin with '__' are reserved; choose another.");
        }
        return null;
    }

    /** Why a group must not have this name; null where it may. */
    public static @Nullable Fault groupFault(String name) {
        return isLegal(name)
                ? null
                : Fault.of(
                        ErrorCode.INVALID_GROUP_NAME,
                        "group/" + shown(name),
                        "A group name has 1 to " + MAX_LENGTH
                                + " of the characters a-z A-Z 0-9 . _ - and is not '.' or '..'.");
    }

    private static boolean isLegal(String name) {
        return LEGAL.matcher(name).matches() && !name.equals(".") && !name.equals("..");
    }

    private static Fault refused(String name, String why) {
        return Fault.of(ErrorCode.INVALID_TOPIC_NAME, Topic.resource(shown(name)), why);
    }

    private static String shown(String name) {
        return name.length() <= MAX_LENGTH ? name : name.substring(0, MAX_LENGTH) + "…";
    }
}
