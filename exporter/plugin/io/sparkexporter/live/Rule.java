package io.sparkexporter.live;

import io.sparkexporter.json.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** What a declared key accepts. Immutable. */
public final class Rule {
  private static final Pattern KEY = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,127}");
  private static final List<String> TYPES =
      Collections.unmodifiableList(Arrays.asList("int", "float", "str", "bool", "list", "dict", "any"));
  private static final List<String> FIELDS =
      Collections.unmodifiableList(Arrays.asList("type", "minimum", "maximum", "choices", "pattern"));
  private static final int MAX_SHOWN = 100;

  private final String key;
  private final Map<String, Object> source;
  private final String type;
  private final BigDecimal minimum;
  private final BigDecimal maximum;
  private final Pattern pattern;
  private final List<?> choices;

  private Rule(String key, Map<String, Object> source) throws LiveRefused {
    this.key = key;
    this.source = source;
    type = readType();
    minimum = readBound("minimum");
    maximum = readBound("maximum");
    if (minimum != null && maximum != null && minimum.compareTo(maximum) > 0) {
      throw refuse("minimum", "is above its maximum: " + shown("minimum") + " > " + shown("maximum"));
    }
    pattern = readPattern();
    choices = readChoices();
  }

  /**
   * Reads a rule. If its choices have to match a pattern, that may take a second.
   *
   * @param key for which it is
   * @param source {@code type}, which must be there, {@code minimum}, {@code maximum}, {@code choices}, {@code pattern}
   */
  public static Rule of(String key, Map<String, Object> source) throws LiveRefused {
    String bad = badKey(key);
    if (bad != null) {
      throw LiveRefused.invalid(bad);
    }
    Set<String> unknown = new TreeSet<>(source.keySet());
    unknown.removeAll(FIELDS);
    if (!unknown.isEmpty()) {
      throw LiveRefused.invalid("unknown in the rule of '" + key + "': " + String.join(", ", unknown));
    }
    return new Rule(key, source);
  }

  /** Returns null if it can be a key, else a sentence with the key. */
  static String badKey(String key) {
    if (KEY.matcher(key).matches()) {
      return null;
    }
    String shown = key.length() <= 100 ? key : key.substring(0, 100) + "...";
    return "the key " + Json.of(shown) + " does not match " + KEY.pattern();
  }

  private String readType() throws LiveRefused {
    Object given = source.get("type");
    if (!TYPES.contains(given)) {
      throw refuse("type", "must be one of " + String.join(", ", TYPES) + ", not " + shown("type"));
    }
    return (String) given;
  }

  private BigDecimal readBound(String field) throws LiveRefused {
    Object given = source.get(field);
    if (given == null) {
      return null;
    }
    if (!type.equals("int") && !type.equals("float")) {
      throw refuse(field, "needs type=int or type=float, not " + type);
    }
    if (!(given instanceof Number)) {
      throw refuse(field, "must be a number, not " + shown(field));
    }
    return decimal(given);
  }

  private Pattern readPattern() throws LiveRefused {
    Object given = source.get("pattern");
    if (given == null) {
      return null;
    }
    if (!type.equals("str")) {
      throw refuse("pattern", "needs type=str, not " + type);
    }
    if (!(given instanceof String)) {
      throw refuse("pattern", "must be a string, not " + shown("pattern"));
    }
    try {
      return Pattern.compile((String) given);
    } catch (PatternSyntaxException bad) {
      throw refuse("pattern", "cannot be read by Java: " + bad.getDescription());
    } catch (StackOverflowError deep) {
      // Newer JVMs say it themselves, in these words.
      throw refuse("pattern", "cannot be read by Java: Stack overflow during pattern compilation");
    }
  }

  private List<?> readChoices() throws LiveRefused {
    Object given = source.get("choices");
    if (given == null) {
      return null;
    }
    if (!(given instanceof List)) {
      throw refuse("choices", "must be a list of values, not " + shown("choices"));
    }
    if (((List<?>) given).isEmpty()) {
      throw refuse("choices", "must not be empty");
    }
    PatternCheck patterns = new PatternCheck();
    for (Object choice : (List<?>) given) {
      check("a choice", choice, null, patterns);
    }
    return (List<?>) given;
  }

  private LiveRefused refuse(String what, String why) {
    return LiveRefused.invalid(what + " of '" + key + "' " + why);
  }

  private static BigDecimal decimal(Object number) {
    return new BigDecimal(number.toString());
  }

  private String shown(String field) {
    return shown(source.get(field));
  }

  private static String shown(Object value) {
    String text = Json.of(value);
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }

  /** Two are equal that were given alike for the same key. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Rule && key.equals(((Rule) other).key) && source.equals(((Rule) other).source);
  }

  @Override
  public int hashCode() {
    return 31 * key.hashCode() + source.hashCode();
  }

  /** The rule as it was given. */
  Map<String, Object> source() {
    return source;
  }

  /** The key that it is for. */
  String key() {
    return key;
  }

  /** Refuses a value that is to be the default. */
  void checkDefault(Object value) throws LiveRefused {
    check("the default", value, choices, new PatternCheck());
  }

  private void check(String what, Object value, List<?> among, PatternCheck patterns) throws LiveRefused {
    try {
      if (!accepts(value, among, patterns)) {
        throw refuse(what, "must be " + expected(among) + ", not " + shown(value));
      }
    } catch (PatternCheck.GivenUp why) {
      throw refuse(what, why.getMessage());
    }
  }

  /**
   * Says if the value that is set already does not fit; that may take a second.
   *
   * @param value null if there is none
   * @throws LiveRefused a misfit
   */
  public void checkPresent(Object value) throws LiveRefused {
    String complaint = value == null ? null : complaint(value, new PatternCheck());
    if (complaint != null) {
      throw LiveRefused.misfit(complaint);
    }
  }

  /** Returns null if the value fits, else a sentence with the key, the value and what is expected. */
  String complaint(Object value, PatternCheck patterns) {
    try {
      return accepts(value, choices, patterns) ? null : key + ": " + shown(value) + " is not " + expected(choices);
    } catch (PatternCheck.GivenUp why) {
      return key + ": " + shown(value) + " " + why.getMessage();
    }
  }

  private boolean accepts(Object value, List<?> among, PatternCheck patterns) throws PatternCheck.GivenUp {
    if (!hasType(value)) {
      return false;
    }
    if (minimum != null && decimal(value).compareTo(minimum) < 0
        || maximum != null && decimal(value).compareTo(maximum) > 0) {
      return false;
    }
    return (among == null || among.stream().anyMatch(choice -> same(choice, value)))
        && (pattern == null || patterns.matches(pattern, (String) value));
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

  private String expected(List<?> among) {
    StringBuilder text = new StringBuilder(type.equals("any") ? "any value" : (type.equals("int") ? "an " : "a ") + type);
    if (minimum != null) {
      text.append(" >= ").append(shown("minimum"));
    }
    if (maximum != null) {
      text.append(minimum == null ? " <= " : " and <= ").append(shown("maximum"));
    }
    if (pattern != null) {
      text.append(" that matches ").append(Json.of(pattern.pattern()));
    }
    if (among != null) {
      text.append(among.stream().map(Json::of).collect(Collectors.joining(", ", " out of ", "")));
    }
    return text.toString();
  }
}
