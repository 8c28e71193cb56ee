package io.millrace.cli.output;

import io.millrace.client.ConsumerRecord;
import java.io.IOException;
import java.io.OutputStream;

/** How a record is printed: one line each. */
@FunctionalInterface
public interface RecordFormat {
    void write(ConsumerRecord record, OutputStream out) throws IOException;

    /** The value alone, as it is; nothing where there is none. */
    static RecordFormat value() {
        return (record, out) -> {
            byte[] value = record.value();
            if (value != null) {
                out.write(value);
            }
            out.write('\n');
        };
    }

    /** Key, separator, value, as they are; nothing where there is none. */
    static RecordFormat keyAndValue(byte[] separator) {
        return (record, out) -> {
            byte[] key = record.key();
            if (key != null) {
                out.write(key);
            }
            out.write(separator);
            value().write(record, out);
        };
    }

    /** A JSON object with everything that is known of the record. */
    static RecordFormat json() {
        return new JsonRecordFormat();
    }
}
