package io.millrace.cli.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a broker writes when it is ready, among other things: the ports it took. */
record ReadyFile(int port, int httpPort) {

    static ReadyFile read(Path file) throws IOException {
        int port = 0;
        int httpPort = 0;
        try (JsonParser json = new JsonFactory().createParser(Files.readAllBytes(file))) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the ready file " + file + " is no JSON object");
            }
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "grpcPort" -> port = json.getIntValue();
                    case "httpPort" -> httpPort = json.getIntValue();
                    default -> json.skipChildren();
                }
            }
        }
        if (port < 1 || httpPort < 1) {
            throw new IOException("the ready file " + file + " lacks grpcPort or httpPort");
        }
        return new ReadyFile(port, httpPort);
    }
}
