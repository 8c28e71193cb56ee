package io.millrace.record;

/** UTF-8 of header keys without an array in between. As {@link String#getBytes}, a lone surrogate becomes '?'. */
final class Utf8 {
    private Utf8() {}

    static int size(String text) {
        int size = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                if (c < 0x800) {
                    size++;
                } else if (!Character.isSurrogate(c)) {
                    size += 2;
                } else if (isPair(text, i)) {
                    size += 2; // four bytes for two chars
                    i++;
                }
            }
        }
        return size;
    }

    /** Writes the text at {@code position} and gives the position behind it. */
    static int write(byte[] bytes, int position, String text) {
        int p = position;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes[p++] = (byte) c;
            } else if (c < 0x800) {
                bytes[p++] = (byte) (0xC0 | (c >> 6));
                bytes[p++] = (byte) (0x80 | (c & 0x3F));
            } else if (!Character.isSurrogate(c)) {
                bytes[p++] = (byte) (0xE0 | (c >> 12));
                bytes[p++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                bytes[p++] = (byte) (0x80 | (c & 0x3F));
            } else if (isPair(text, i)) {
                int codePoint = Character.toCodePoint(c, text.charAt(++i));
                bytes[p++] = (byte) (0xF0 | (codePoint >> 18));
                bytes[p++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
                bytes[p++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
                bytes[p++] = (byte) (0x80 | (codePoint & 0x3F));
            } else {
                bytes[p++] = '?';
            }
        }
        return p;
    }

    private static boolean isPair(String text, int index) {
        return Character.isHighSurrogate(text.charAt(index))
                && index + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(index + 1));
    }
}
