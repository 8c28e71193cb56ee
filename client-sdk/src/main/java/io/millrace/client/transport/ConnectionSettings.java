package io.millrace.client.transport;

import java.time.Duration;

/**
 * How connections are made.
 *
 * @param userAgent names the application in the brokers' logs
 * @param forward whether brokers are asked to forward what another leads
 */
public record ConnectionSettings(String userAgent, Duration connectTimeout, boolean forward) {}
