package io.millrace.cli.input;

import io.millrace.client.ProducerRecord;

/** Makes a record of a line. Not thread safe. */
public interface RecordParser {
    /** The bytes may be used again once it has returned. */
    ProducerRecord parse(byte[] buffer, int start, int length) throws BadLineException;
}
