package io.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What was written to a wire or a disk once is read for ever: no field, value or method that the snapshot knows may change
 * its number or type, or vanish. Additions are entered into the snapshot by a run with {@code -Dmillrace.rewrite=true},
 * which never takes a line out.
 */
class DescriptorTest {
    private static final Path DESCRIPTORS = Path.of("target/protobuf/millrace.desc");
    private static final Path SNAPSHOT = Path.of("src/test/resources/golden/descriptors.txt");

    @Test
    void keepsEveryNumberAndTypeOfTheSnapshot() throws IOException {
        Set<String> today = today();
        List<String> snapshot =
                Files.exists(SNAPSHOT) ? Files.readAllLines(SNAPSHOT, StandardCharsets.UTF_8) : List.of();
        assertThat(today)
                .as("lines of %s that today's messages break", SNAPSHOT)
                .containsAll(snapshot);
        if (Boolean.getBoolean("millrace.rewrite")) {
            Files.write(SNAPSHOT, today, StandardCharsets.UTF_8);
        } else {
            assertThat(snapshot)
                    .as("additions: run this test with -Dmillrace.rewrite=true")
                    .containsAll(today);
        }
    }

    @Test
    void seesEveryKindOfElement() throws IOException {
        assertThat(today())
                .contains(
                        "field millrace.v1.ErrorDetail 1 code optional enum .millrace.v1.ErrorCode",
                        "value millrace.v1.ErrorCode 13 INVALID_BATCH",
                        "method millrace.v1.ProduceService Produce stream .millrace.v1.ProduceRequest"
                                + " stream .millrace.v1.ProduceResponse");
    }

    private static Set<String> today() throws IOException {
        Set<String> lines = new TreeSet<>();
        FileDescriptorSet files = FileDescriptorSet.parseFrom(Files.readAllBytes(DESCRIPTORS));
        for (FileDescriptorProto file : files.getFileList()) {
            if (file.getPackage().startsWith("millrace.")) {
                file.getMessageTypeList().forEach(message -> add(lines, file.getPackage(), message));
                file.getEnumTypeList().forEach(type -> add(lines, file.getPackage(), type));
                file.getServiceList().forEach(service -> add(lines, file.getPackage(), service));
            }
        }
        return lines;
    }

    private static void add(Set<String> lines, String scope, DescriptorProto message) {
        String name = scope + "." + message.getName();
        for (FieldDescriptorProto field : message.getFieldList()) {
            List<String> words = new ArrayList<>(List.of(
                    "field", name, Integer.toString(field.getNumber()), field.getName(), word(field.getLabel())));
            words.add(word(field.getType()));
            if (field.hasTypeName()) {
                words.add(field.getTypeName());
            }
            if (field.getProto3Optional()) {
                words.add("with-presence");
            } else if (field.hasOneofIndex()) {
                words.add(
                        "one-of " + message.getOneofDecl(field.getOneofIndex()).getName());
            }
            lines.add(String.join(" ", words));
        }
        message.getNestedTypeList().forEach(nested -> add(lines, name, nested));
        message.getEnumTypeList().forEach(type -> add(lines, name, type));
    }

    private static void add(Set<String> lines, String scope, EnumDescriptorProto type) {
        type.getValueList()
                .forEach(value -> lines.add(
                        "value " + scope + "." + type.getName() + " " + value.getNumber() + " " + value.getName()));
    }

    private static void add(Set<String> lines, String scope, ServiceDescriptorProto service) {
        for (MethodDescriptorProto method : service.getMethodList()) {
            lines.add("method " + scope + "." + service.getName() + " " + method.getName() + " "
                    + (method.getClientStreaming() ? "stream " : "") + method.getInputType() + " "
                    + (method.getServerStreaming() ? "stream " : "") + method.getOutputType());
        }
    }

    /** From {@code TYPE_SINT32} to {@code sint32}. */
    private static String word(Enum<?> protobuf) {
        String name = protobuf.name();
        return name.substring(name.indexOf('_') + 1).toLowerCase(java.util.Locale.ROOT);
    }
}
