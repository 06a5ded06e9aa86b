package io.sparkexporter.conf;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as Spark writes them, such as 500ms, 2s or 1m. */
public final class Times {
  private static final Pattern TIME = Pattern.compile("(\\d{1,15})\\s*([a-z]*)");

  private Times() {}

  /** Returns milliseconds; a number alone means seconds. Returns -1 for what is not a time. */
  public static long millis(String text) {
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
