package io.sparkexporter.reading;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads the files of the kernel: they are small, their size is not known before, and any of them may be missing. */
public final class SmallFile {
  private static final int MOST = 1 << 20;

  private byte[] buffer = new byte[4096];

  /** Returns the text of the file up to 1 MiB, or null if it cannot be read. */
  public String text(Path file) {
    try (InputStream in = new FileInputStream(file.toFile())) {
      int size = 0;
      for (int more = in.read(buffer); more > 0; more = in.read(buffer, size, buffer.length - size)) {
        size += more;
        if (size == buffer.length) {
          if (size >= MOST) {
            break;
          }
          buffer = Arrays.copyOf(buffer, 2 * size);
        }
      }
      return new String(buffer, 0, size, StandardCharsets.ISO_8859_1);
    } catch (IOException | RuntimeException unreadable) {
      return null;
    }
  }

  /** Returns the number that the file consists of; NaN if it is anything else, such as {@code max}. */
  public double number(Path file) {
    return number(text(file));
  }

  /** Returns the number that the text consists of, or NaN. */
  public static double number(String text) {
    String trimmed = text == null ? "" : text.trim();
    int first = trimmed.startsWith("-") ? 1 : 0;
    if (first == trimmed.length()) {
      return Double.NaN;
    }
    for (int i = first; i < trimmed.length(); i++) {
      if (trimmed.charAt(i) < '0' || trimmed.charAt(i) > '9') {
        return Double.NaN;
      }
    }
    return Double.parseDouble(trimmed);
  }

  /** Returns the number in the line of the form {@code "key number"}, or NaN. */
  public static double field(String text, String key) {
    String start = key + " ";
    boolean first = text != null && text.startsWith(start);
    int at = text == null || first ? 0 : text.indexOf("\n" + start) + 1;
    if (!first && at == 0) {
      return Double.NaN;
    }
    int end = text.indexOf('\n', at);
    return number(text.substring(at + start.length(), end < 0 ? text.length() : end));
  }
}
