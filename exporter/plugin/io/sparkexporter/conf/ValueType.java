package io.sparkexporter.conf;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the text of a setting must look like, and what it means. */
abstract class ValueType {
  private static final Pattern TIME = Pattern.compile("(\\d{1,15})\\s*([a-z]*)");

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
    long least = millis(min);
    long most = millis(max);
    return new ValueType("time", "a time from " + min + " to " + max + ", such as 500ms, 2s or 1m") {
      @Override
      Object parse(String text) {
        long value = millis(text);
        return value < least || value > most ? null : (Long) value;
      }
    };
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

  /** Returns -1 for what is not a time. */
  private static long millis(String text) {
    Matcher matcher = TIME.matcher(text.toLowerCase(Locale.ROOT));
    TimeUnit unit = matcher.matches() ? unit(matcher.group(2)) : null;
    return unit == null ? -1 : unit.toMillis(Long.parseLong(matcher.group(1)));
  }

  private static TimeUnit unit(String suffix) {
    switch (suffix) {
      case "us":
        return TimeUnit.MICROSECONDS;
      case "ms":
        return TimeUnit.MILLISECONDS;
      case "":
      case "s":
        return TimeUnit.SECONDS;
      case "m":
      case "min":
        return TimeUnit.MINUTES;
      case "h":
        return TimeUnit.HOURS;
      case "d":
        return TimeUnit.DAYS;
      default:
        return null;
    }
  }
}
