package io.millrace.testing;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.opentest4j.TestAbortedException;

/** Turns a {@link Seeds} method into one invocation for each seed. */
final class SeedsExtension implements TestTemplateInvocationContextProvider {
    private static final String ONE_SEED = "millrace.seed";
    private static final String SEED_COUNT = "millrace.seeds";

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(Seeds.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        Method method = context.getRequiredTestMethod();
        if (Arrays.stream(method.getParameterTypes()).noneMatch(type -> type == long.class)) {
            throw new ExtensionConfigurationException("@Seeds needs a parameter of type long on " + method);
        }
        int annotated = method.getAnnotation(Seeds.class).value();
        return seeds(method, annotated, System.getProperty(ONE_SEED), System.getProperty(SEED_COUNT))
                .mapToObj(seed -> new SeedInvocation(method, seed));
    }

    /** The seeds to run; each property is null when not set. */
    static LongStream seeds(Method method, int annotated, @Nullable String oneSeed, @Nullable String seedCount) {
        if (oneSeed != null) {
            return LongStream.of(number(ONE_SEED, oneSeed));
        }
        long count = seedCount == null ? annotated : number(SEED_COUNT, seedCount);
        if (count < 1) {
            throw new ExtensionConfigurationException("At least one seed is needed, not " + count + ", for " + method);
        }
        String name = method.getDeclaringClass().getName() + '#' + method.getName();
        return new SplittableRandom(name.hashCode()).longs(count);
    }

    private static long number(String property, String value) {
        try {
            return Long.parseLong(value.strip());
        } catch (NumberFormatException e) {
            throw new ExtensionConfigurationException("-D" + property + " is not a number: " + value, e);
        }
    }

    /** The failure as reported: it names the seed and says how to repeat it. */
    static Throwable withSeed(Method method, long seed, Throwable failure) {
        if (failure instanceof TestAbortedException) {
            return failure; // a skipped test, not a failed one
        }
        String test = method.getDeclaringClass().getSimpleName() + '#' + method.getName();
        String repeat = "-Dtest=" + test + " -D" + ONE_SEED + "=" + seed;
        return new AssertionError("Seed " + seed + " failed; repeat it with " + repeat + "\n" + failure, failure);
    }

    private record SeedInvocation(Method method, long seed)
            implements TestTemplateInvocationContext,
                    ParameterResolver,
                    TestExecutionExceptionHandler,
                    LifecycleMethodExecutionExceptionHandler {
        @Override
        public String getDisplayName(int invocationIndex) {
            return "seed " + seed;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(this);
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == long.class
                    && parameter.getDeclaringExecutable().equals(method);
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return seed;
        }

        @Override
        public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
            throw withSeed(method, seed, failure);
        }

        @Override
        public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure)
                throws Throwable {
            throw withSeed(method, seed, failure);
        }

        @Override
        public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable failure)
                throws Throwable {
            throw withSeed(method, seed, failure);
        }
    }
}
