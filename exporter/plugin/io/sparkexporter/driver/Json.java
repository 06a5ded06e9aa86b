package io.sparkexporter.driver;

/** Writes JSON, and what it does not know: numbers that are not finite. */
final class Json {
  private Json() {}

  /** Writes a string, or null. */
  static void text(StringBuilder out, String text) {
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
  static void number(StringBuilder out, double value) {
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
  static StringBuilder key(StringBuilder out, String name) {
    comma(out);
    text(out, name);
    return out.append(':');
  }

  /** Writes a comma unless the next element is the first one. */
  static void comma(StringBuilder out) {
    char last = out.length() == 0 ? '{' : out.charAt(out.length() - 1);
    if (last != '{' && last != '[' && last != ':') {
      out.append(',');
    }
  }
}
