package io.millrace.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test method once for each of a number of seeds, given to its {@code long} parameter.
 *
 * <p>The seeds of a method are the same in every run, so that a build that was green stays green. Two system properties
 * change them: {@code -Dmillrace.seeds=5000} sets the count for all methods (the longer sequence begins with the shorter
 * one), and {@code -Dmillrace.seed=42} runs that one seed alone. A failure names its seed.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(SeedsExtension.class)
public @interface Seeds {
    /** How many seeds to run, at least one. */
    int value();
}
