package io.sparkexporter.conf;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the text of a setting must look like, and what it means. */
abstract class ValueType {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})\\s*([km]?)i?b?");

  private final String name;
  private final String expected;

  private ValueType(String name, String expected) {
    this.name = name;
    this.expected = expected;
  }

  /** One word for the documentation. */
  final String typeName() {
    return name;
  }

  /** The expected form, to be read after "expected". */
  final String expected() {
    return expected;
  }

  /** Returns the value of {@code text}, or null if the text does not have the expected form. */
  abstract Object parse(String text);

  static ValueType flag() {
    return new ValueType("boolean", "true or false") {
      @Override
      Object parse(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.equals("true") ? Boolean.TRUE : lower.equals("false") ? Boolean.FALSE : null;
      }
    };
  }

  static ValueType integer(int min, int max) {
    return new ValueType("integer", "a whole number from " + min + " to " + max) {
      @Override
      Object parse(String text) {
        if (!text.matches("\\d{1,9}")) {
          return null;
        }
        int value = Integer.parseInt(text);
        return value < min || value > max ? null : (Integer) value;
      }
    };
  }

  /** A time as Spark writes it; a number alone means seconds. The value is in milliseconds. */
  static ValueType time(String min, String max) {
    long least = Times.millis(min);
    long most = Times.millis(max);
    return new ValueType("time", "a time from " + min + " to " + max + ", such as 500ms, 2s or 1m") {
      @Override
      Object parse(String text) {
        long value = Times.millis(text);
        return value < least || value > most ? null : (Long) value;
      }
    };
  }

  /** A size as Spark writes it; a number alone means bytes. The value is in bytes. */
  static ValueType size(String min, String max) {
    long least = bytes(min);
    long most = bytes(max);
    return new ValueType("size", "a size from " + min + " to " + max + ", such as 65536, 512k or 1m") {
      @Override
      Object parse(String text) {
        long value = bytes(text);
        return value < least || value > most ? null : (Integer) (int) value;
      }
    };
  }

  /** Words, with commas between them; none is allowed. */
  static ValueType list(String expected, String word) {
    return text(expected, "((" + word + ")(\\s*,\\s*(" + word + "))*)?");
  }

  static ValueType text(String expected, String pattern) {
    Pattern form = Pattern.compile(pattern);
    return new ValueType("text", expected) {
      @Override
      Object parse(String text) {
        return form.matcher(text).matches() ? text : null;
      }
    };
  }

  /** Returns -1 for what is not a size. */
  private static long bytes(String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return -1;
    }
    String unit = matcher.group(2);
    return Long.parseLong(matcher.group(1)) << (unit.equals("k") ? 10 : unit.equals("m") ? 20 : 0);
  }
}
