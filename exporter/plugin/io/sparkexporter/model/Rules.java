package io.sparkexporter.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a user may call and shape a metric like; the same rules as in Python, with the same texts.
 *
 * <p>Each check throws IllegalArgumentException with a sentence that says what would be right.
 */
public final class Rules {
  public static final int MAX_LABEL_VALUE_BYTES = 256;
  private static final int MAX_NAME_LENGTH = 200;
  private static final int MAX_HELP_BYTES = 1000;
  private static final int MAX_LABELS = 20;
  private static final int MAX_BUCKETS = 100;

  private static final List<String> RESERVED_SUFFIXES =
      Arrays.asList("_count", "_sum", "_bucket", "_created", "_info");
  private static final Set<String> OWN_LABELS =
      new HashSet<>(Arrays.asList("app_id", "app_name", "executor_id", "namespace", "pod"));
  private static final Map<String, String> BASE_UNIT_OF = new HashMap<>();

  static {
    aliases(
        "seconds",
        "s sec secs second ms msec millis millisecond milliseconds us usec micros microsecond"
            + " microseconds ns nanos nanosecond nanoseconds m min mins minute minutes h hour hours d day days"
            + " week weeks");
    aliases(
        "bytes",
        "b byte bit bits kb kib mb mib gb gib tb tib kilobyte kilobytes kibibytes megabyte megabytes"
            + " mebibytes gigabyte gigabytes gibibytes terabyte terabytes tebibytes");
    aliases("ratio", "percent percents percentage percentages pct permille ratios");
    aliases("celsius", "c degree degrees centigrade fahrenheit kelvin");
    aliases("meters", "meter metre metres mm cm km millimeters centimeters kilometers miles feet inches");
    aliases("grams", "gram g mg kg milligrams kilograms tons pounds");
    aliases("joules", "joule j kj kilojoules wh kwh calories");
    aliases("volts", "volt v mv millivolts kilovolts");
    aliases("amperes", "ampere amps amp ma milliamps milliamperes");
  }

  private Rules() {}

  private static void aliases(String base, String aliases) {
    for (String alias : aliases.split(" ")) {
      BASE_UNIT_OF.put(alias, base);
    }
  }

  /** Returns the definition made of these parts, if every one is valid. A mode is for gauges alone. */
  public static Definition define(
      Kind kind, Mode mode, String name, String help, String unit, List<String> labels, double[] buckets) {
    checkUnit(unit);
    String full = fullName(kind, name, unit);
    checkHelp(help);
    checkLabels(labels);
    if (kind == Kind.GAUGE && mode == null) {
      throw error("the mode of a gauge must be one of sum, max, min, mean, mostrecent, not null");
    }
    double[] bounds = kind == Kind.HISTOGRAM ? checkBuckets(buckets) : new double[0];
    return new Definition(kind, kind == Kind.GAUGE ? mode : null, full, help, unit, labels, bounds);
  }

  private static IllegalArgumentException error(String text) {
    return new IllegalArgumentException(text);
  }

  private static void require(Object value, String what) {
    if (value == null) {
      throw error(what + " must be a string, not null");
    }
  }

  private static void checkUnit(String unit) {
    require(unit, "the unit of a metric");
    if (!unit.matches("[A-Za-z]*")) {
      throw error("unit '" + unit + "' is not valid: it must be lower-case letters only, such as 'seconds'");
    }
    String lower = unit.toLowerCase(Locale.ROOT);
    String base = BASE_UNIT_OF.get(lower);
    if (base != null) {
      throw error(
          String.format(
              "unit '%s' is not a base unit: use unit='%s' and convert the values to %s", unit, base, base));
    }
    if (!unit.equals(lower)) {
      throw error("unit '" + unit + "' is not valid: it must be lower-case letters only; use '" + lower + "'");
    }
  }

  private static String fullName(Kind kind, String name, String unit) {
    require(name, "the name of a metric");
    if (name.isEmpty()) {
      throw error("the name of a metric is empty: give it one, such as 'rows_parsed'");
    }
    checkCharacters(name, "metric name");
    String full = name;
    if (kind == Kind.COUNTER && full.endsWith("_total")) {
      full = full.substring(0, full.length() - "_total".length());
    }
    if (!unit.isEmpty() && !full.endsWith("_" + unit) && !full.equals(unit)) {
      full = full + "_" + unit;
    }
    checkCharacters(full, "metric name");
    checkSuffix(kind, full);
    return full;
  }

  /** Returns the nearest name that would be accepted. */
  private static String cleaned(String name) {
    String text = name.replaceAll("[^A-Za-z0-9]+", "_").replaceAll("^_|_$", "");
    text = text.substring(0, Math.min(text.length(), MAX_NAME_LENGTH));
    return text.matches("[0-9].*") ? "n" + text : text;
  }

  private static void checkCharacters(String name, String what) {
    String cleaned = cleaned(name);
    if (!name.equals(cleaned) || name.isEmpty()) {
      String hint = cleaned.isEmpty() ? "" : "; use '" + cleaned + "'";
      throw error(
          String.format(
              "%s '%.300s' is not valid: it must be letters, digits and single underscores between them,"
                  + " start with a letter, and have at most %d characters%s",
              what, name, MAX_NAME_LENGTH, hint));
    }
  }

  private static void checkSuffix(Kind kind, String name) {
    if (name.endsWith("_total")) {
      String why =
          kind == Kind.COUNTER
              ? "give the suffix once or not at all"
              : kind == Kind.GAUGE ? "a gauge can fall" : "a histogram counts by itself";
      throw error(
          String.format(
              "%s name '%s' ends in '_total', which belongs to counters (%s); use '%s'%s",
              kind.label(),
              name,
              why,
              name.substring(0, name.length() - "_total".length()),
              kind == Kind.COUNTER ? "" : " or a Counter"));
    }
    for (String suffix : RESERVED_SUFFIXES) {
      if (name.endsWith(suffix)) {
        throw error(
            String.format(
                "metric name '%s' ends in '%s', which Prometheus keeps for series that belong to another one;"
                    + " use '%s' or put another word last",
                name, suffix, name.substring(0, name.length() - suffix.length())));
      }
    }
  }

  private static void checkHelp(String help) {
    require(help, "the documentation of a metric");
    if (help.trim().isEmpty()) {
      throw error("the documentation of a metric is empty: say in one sentence what is measured");
    }
    int size = help.getBytes(StandardCharsets.UTF_8).length;
    if (size > MAX_HELP_BYTES) {
      throw error(
          String.format(
              "the documentation of a metric has %d bytes: shorten it to at most %d", size, MAX_HELP_BYTES));
    }
  }

  private static void checkLabels(List<String> labels) {
    List<String> before = new ArrayList<>();
    for (String name : labels) {
      require(name, "a label name");
      checkCharacters(name, "label name");
      if (name.equals("le") || name.equals("quantile")) {
        throw error("label name '" + name + "' is kept by Prometheus; use another one, such as 'level'");
      }
      if (OWN_LABELS.contains(name)) {
        throw error(
            String.format(
                "label name '%s' is added to every series by the exporter; leave it out, or use another one,"
                    + " such as 'job_%s'",
                name, name));
      }
      if (before.contains(name)) {
        throw error("label name '" + name + "' is given twice; give each label name once");
      }
      before.add(name);
    }
    if (before.size() > MAX_LABELS) {
      throw error(
          String.format("a metric may have at most %d labels, not %d: drop some", MAX_LABELS, before.size()));
    }
  }

  private static double[] checkBuckets(double[] buckets) {
    int count = buckets.length;
    if (count > 0 && buckets[count - 1] == Double.POSITIVE_INFINITY) {
      count--;
    }
    if (count == 0) {
      throw error("buckets must hold at least one finite upper bound, such as [0.1, 1, 10]");
    }
    if (count > MAX_BUCKETS) {
      throw error(
          String.format("a histogram may have at most %d buckets, not %d: use wider ones", MAX_BUCKETS, count));
    }
    double[] bounds = Arrays.copyOf(buckets, count);
    for (int i = 0; i < count; i++) {
      if (!Double.isFinite(bounds[i])) {
        throw error("bucket bound " + bounds[i] + " is not finite; only the last bound may be +Inf");
      }
      if (i > 0 && bounds[i - 1] >= bounds[i]) {
        String sorted = Arrays.toString(Arrays.stream(bounds).sorted().distinct().toArray());
        throw error(
            String.format(
                "buckets must ascend, but %s follows %s; use %.300s", bounds[i], bounds[i - 1], sorted));
      }
    }
    return bounds;
  }
}
