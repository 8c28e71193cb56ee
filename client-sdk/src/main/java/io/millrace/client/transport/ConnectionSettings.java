package io.millrace.client.transport;

import java.time.Duration;

/**
 * How connections are made.
 *
 * @param userAgent names the application in the brokers' logs
 */
public record ConnectionSettings(String userAgent, Duration connectTimeout) {}
