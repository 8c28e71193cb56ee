package io.millrace.cli.demo;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What a broker writes when it is ready: the ports it took. */
record ReadyFile(int port, int httpPort) {

    static ReadyFile read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        return new ReadyFile(port(properties, "port", file), port(properties, "http-port", file));
    }

    private static int port(Properties properties, String key, Path file) throws IOException {
        String value = properties.getProperty(key, "");
        try {
            return Integer.parseInt(value.trim());
        } catch (NumberFormatException e) {
            throw new IOException("the ready file " + file + " has no number under " + key + ": \"" + value + "\"", e);
        }
    }
}
