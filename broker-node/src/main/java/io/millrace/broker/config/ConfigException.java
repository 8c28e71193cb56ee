package io.millrace.broker.config;

import io.millrace.error.ErrorCode;

/** A setting that cannot be used. The message names the key, where it was set, and what is allowed. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    /** @param code INVALID_CONFIG for a bad value, UNKNOWN_CONFIG for a key that does not exist */
    public ConfigException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
