package io.millrace.broker.config;

/** Renders {@code docs/configuration.md} from {@link Settings}, so that page and code cannot disagree. Pure. */
public final class ConfigReference {
    private ConfigReference() {}

    public static String markdown() {
        StringBuilder page = new StringBuilder("""
                # Configuration of a broker

                <!-- Rendered from io.millrace.broker.config.Settings; change it there. A test compares. -->

                A broker reads a YAML file (`--config FILE`), then environment variables, then `--set key=value` options; the later wins.
                A key that does not exist, or a value out of its range, stops the start with a message that names the key and the range.
                Only `data-directory` must be set (`--data DIR` is the same). A key with dots is nested in YAML:

                ```yaml
                data-directory: /var/lib/millrace
                listen:
                  host: 127.0.0.1
                  port: 7070
                ```

                Sizes are written `64KiB`, `256MiB`, `4GiB`; durations `250ms`, `30s`, `5m`, `12h`.

                | key | environment variable | form | default | range | meaning |
                | --- | --- | --- | --- | --- | --- |
                """);
        for (Setting<?> setting : Settings.all()) {
            String standard = setting.defaultText();
            page.append("| `").append(setting.key()).append("` | `").append(setting.environmentVariable());
            page.append("` | ").append(setting.form()).append(" | ");
            page.append(standard == null ? "(required)" : standard.isEmpty() ? "(empty)" : "`" + standard + "`");
            page.append(" | ")
                    .append(setting.range().isEmpty() ? "any" : setting.range())
                    .append(" | ");
            page.append(setting.meaning()).append(" |\n");
        }
        return page.toString();
    }
}
