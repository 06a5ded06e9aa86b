package io.sparkexporter.json;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes JSON, and what it does not know: numbers that are not finite. */
public final class Json {
  private Json() {}

  /** Writes a string, or null. */
  public static void text(StringBuilder out, String text) {
    if (text == null) {
      out.append("null");
      return;
    }
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      escape(out, text.charAt(i));
    }
    out.append('"');
  }

  private static void escape(StringBuilder out, char c) {
    if (c == '"' || c == '\\') {
      out.append('\\').append(c);
    } else if (c < ' ') {
      out.append(String.format("\\u%04x", (int) c));
    } else {
      out.append(c);
    }
  }

  /** Writes a number; one that is not finite as the string "NaN", "+Inf" or "-Inf". */
  public static void number(StringBuilder out, double value) {
    if (Double.isNaN(value)) {
      out.append("\"NaN\"");
    } else if (Double.isInfinite(value)) {
      out.append(value > 0 ? "\"+Inf\"" : "\"-Inf\"");
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15 && (value != 0 || 1 / value > 0)) {
      // Most values are counts; this is shorter, and many times faster than Double.toString.
      out.append((long) value).append(".0");
    } else {
      out.append(value);
    }
  }

  /** Writes {@code "name":}, after a comma unless it is the first in its object. */
  public static StringBuilder key(StringBuilder out, String name) {
    comma(out);
    text(out, name);
    return out.append(':');
  }

  /** Writes a comma unless the next element is the first one. */
  public static void comma(StringBuilder out) {
    char last = out.length() == 0 ? '{' : out.charAt(out.length() - 1);
    if (last != '{' && last != '[' && last != ':') {
      out.append(',');
    }
  }

  /** Returns a value as {@link JsonReader} gives it, as JSON. */
  public static String of(Object value) {
    StringBuilder out = new StringBuilder();
    value(out, value, false);
    return out.toString();
  }

  /** As {@link #of}; equal values give equal texts, whatever the order of their keys. */
  public static String canonical(Object value) {
    StringBuilder out = new StringBuilder();
    value(out, value, true);
    return out.toString();
  }

  private static void value(StringBuilder out, Object value, boolean sorted) {
    if (value instanceof Map) {
      object(out, (Map<?, ?>) value, sorted);
    } else if (value instanceof List) {
      out.append('[');
      String before = "";
      for (Object one : (List<?>) value) {
        value(out.append(before), one, sorted);
        before = ",";
      }
      out.append(']');
    } else if (value instanceof Double) {
      number(out, (Double) value);
    } else if (value instanceof String) {
      text(out, (String) value);
    } else {
      // Whole numbers, truth values and null look as in Java.
      out.append(value);
    }
  }

  private static void object(StringBuilder out, Map<?, ?> map, boolean sorted) {
    out.append('{');
    String before = "";
    for (Map.Entry<?, ?> entry : (sorted ? new TreeMap<>(map) : map).entrySet()) {
      text(out.append(before), (String) entry.getKey());
      value(out.append(':'), entry.getValue(), sorted);
      before = ",";
    }
    out.append('}');
  }
}
