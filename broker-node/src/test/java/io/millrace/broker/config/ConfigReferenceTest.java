package io.millrace.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Holds {@code docs/configuration.md} equal to the code; {@code -Dmillrace.rewrite=true} writes it anew. */
final class ConfigReferenceTest {
    private static final Path PAGE = Path.of("..", "docs", "configuration.md");

    @Test
    void pageSaysWhatTheCodeSays() throws IOException {
        String rendered = ConfigReference.markdown();
        if (Boolean.getBoolean("millrace.rewrite")) {
            Files.writeString(PAGE, rendered);
        }
        assertThat(PAGE).hasContent(rendered);
    }

    @Test
    void pageNamesEverySettingOnce() {
        String page = ConfigReference.markdown();
        assertThat(Settings.all()).allSatisfy(setting -> {
            assertThat(page).containsOnlyOnce("| `" + setting.key() + "` |");
            assertThat(page).containsOnlyOnce("`" + setting.environmentVariable() + "`");
        });
    }
}
