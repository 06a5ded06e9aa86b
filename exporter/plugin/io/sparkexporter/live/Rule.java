package io.sparkexporter.live;

import io.sparkexporter.json.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** What a declared key accepts. Immutable. */
final class Rule {
  private static final int MAX_SHOWN = 100;

  private final Map<String, Object> source;
  private final String type;
  private final BigDecimal minimum;
  private final BigDecimal maximum;
  private final List<?> choices;
  private final Pattern pattern;

  private Rule(Map<String, Object> source) throws LiveRefused {
    this.source = source;
    type = (String) of(String.class, "type", "a text");
    minimum = decimal(of(Number.class, "minimum", "a number"));
    maximum = decimal(of(Number.class, "maximum", "a number"));
    choices = (List<?>) of(List.class, "choices", "a list");
    pattern = compile((String) of(String.class, "pattern", "a text"));
  }

  /**
   * Reads a rule.
   *
   * @param source {@code type}, which must be there, {@code minimum}, {@code maximum}, {@code choices}, {@code pattern}
   */
  static Rule of(Map<String, Object> source) throws LiveRefused {
    Set<String> unknown = new TreeSet<>(source.keySet());
    for (String known : new String[] {"type", "minimum", "maximum", "choices", "pattern"}) {
      unknown.remove(known);
    }
    if (!unknown.isEmpty()) {
      throw LiveRefused.invalid("unknown in a rule: " + String.join(", ", unknown));
    }
    Rule rule = new Rule(source);
    if (rule.type == null || word(rule.type) == null) {
      throw LiveRefused.invalid("the type of a rule is one of int, float, str, bool, list, dict, any");
    }
    if ((rule.minimum != null || rule.maximum != null) && !rule.type.equals("int") && !rule.type.equals("float")) {
      throw LiveRefused.invalid("minimum and maximum go with the types int and float");
    }
    if (rule.pattern != null && !rule.type.equals("str")) {
      throw LiveRefused.invalid("pattern goes with the type str");
    }
    return rule;
  }

  private Object of(Class<?> expected, String field, String form) throws LiveRefused {
    Object value = source.get(field);
    if (value != null && !expected.isInstance(value)) {
      throw LiveRefused.invalid(field + " of a rule is " + form);
    }
    return value;
  }

  private static Pattern compile(String text) throws LiveRefused {
    try {
      return text == null ? null : Pattern.compile(text);
    } catch (PatternSyntaxException bad) {
      throw LiveRefused.invalid("pattern of a rule: " + bad.getDescription());
    }
  }

  private static BigDecimal decimal(Object number) {
    return number == null ? null : new BigDecimal(number.toString());
  }

  /** The rule as it was given. */
  Map<String, Object> source() {
    return source;
  }

  /** Returns null if the value fits, else a sentence with the key, the value and what is expected. */
  String complaint(String key, Object value) {
    if (accepts(value)) {
      return null;
    }
    String shown = Json.of(value);
    return key + ": " + (shown.length() <= MAX_SHOWN ? shown : shown.substring(0, MAX_SHOWN) + "...") + " is not "
        + expected();
  }

  private boolean accepts(Object value) {
    if (!hasType(value)) {
      return false;
    }
    if (minimum != null && decimal(value).compareTo(minimum) < 0
        || maximum != null && decimal(value).compareTo(maximum) > 0) {
      return false;
    }
    return (choices == null || choices.stream().anyMatch(choice -> same(choice, value)))
        && (pattern == null || pattern.matcher((String) value).matches());
  }

  private boolean hasType(Object value) {
    switch (type) {
      case "int":
        return value instanceof Long || value instanceof BigInteger;
      case "float":
        return value instanceof Number;
      case "str":
        return value instanceof String;
      case "bool":
        return value instanceof Boolean;
      case "list":
        return value instanceof List;
      case "dict":
        return value instanceof Map;
      default:
        return true;
    }
  }

  /** 1 and 1.0 are the same number. */
  private static boolean same(Object a, Object b) {
    return a instanceof Number && b instanceof Number ? decimal(a).compareTo(decimal(b)) == 0 : a == null ? b == null : a.equals(b);
  }

  private static String word(String type) {
    switch (type) {
      case "int":
        return "an int";
      case "float":
      case "str":
      case "bool":
      case "list":
      case "dict":
        return "a " + type;
      case "any":
        return "any value";
      default:
        return null;
    }
  }

  private String expected() {
    StringBuilder text = new StringBuilder(word(type));
    if (minimum != null) {
      text.append(" >= ").append(Json.of(source.get("minimum")));
    }
    if (maximum != null) {
      text.append(minimum == null ? " <= " : " and <= ").append(Json.of(source.get("maximum")));
    }
    if (pattern != null) {
      text.append(" that matches ").append(Json.of(pattern.pattern()));
    }
    if (choices != null) {
      text.append(choices.stream().map(Json::of).collect(Collectors.joining(", ", " out of ", "")));
    }
    return text.toString();
  }
}
