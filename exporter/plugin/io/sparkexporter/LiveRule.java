package io.sparkexporter;

import io.sparkexporter.json.JavaValues;
import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a key of the live configuration may hold; for {@link LiveConfig#declare}.
 *
 * <pre>{@code
 * LiveRule.ofLong().minimum(0).byDefault(10)
 * LiveRule.ofString().choices("fast", "exact").byDefault("fast")
 * }</pre>
 *
 * <p>Nothing here is checked until the rule is declared. Not thread-safe.
 */
public final class LiveRule {
  private final Map<String, Object> fields = new LinkedHashMap<>();
  private Object defaultValue;

  private LiveRule(String type) {
    fields.put("type", type);
  }

  /** Whole numbers. */
  public static LiveRule ofLong() {
    return new LiveRule("int");
  }

  /** Numbers. */
  public static LiveRule ofDouble() {
    return new LiveRule("float");
  }

  /** Texts. */
  public static LiveRule ofString() {
    return new LiveRule("str");
  }

  /** True and false. */
  public static LiveRule ofBoolean() {
    return new LiveRule("bool");
  }

  /** JSON arrays. */
  public static LiveRule ofList() {
    return new LiveRule("list");
  }

  /** JSON objects. */
  public static LiveRule ofMap() {
    return new LiveRule("dict");
  }

  /** Any JSON. */
  public static LiveRule ofAny() {
    return new LiveRule("any");
  }

  /** Smallest number allowed. */
  public LiveRule minimum(long number) {
    return with("minimum", number);
  }

  /** Smallest number allowed. */
  public LiveRule minimum(double number) {
    return with("minimum", number);
  }

  /** Largest number allowed. */
  public LiveRule maximum(long number) {
    return with("maximum", number);
  }

  /** Largest number allowed. */
  public LiveRule maximum(double number) {
    return with("maximum", number);
  }

  /** The only texts allowed. */
  public LiveRule choices(String... texts) {
    return choices(Arrays.asList(texts));
  }

  /** The only whole numbers allowed. */
  public LiveRule choices(long... numbers) {
    return with("choices", Arrays.stream(numbers).boxed().toArray());
  }

  /** The only values allowed, each something like JSON. */
  public LiveRule choices(List<?> values) {
    return with("choices", values);
  }

  /** Regular expression that the whole text must match. */
  public LiveRule pattern(String expression) {
    return with("pattern", expression);
  }

  /** What {@link LiveConfig} returns in this JVM while nobody has set the key: something like JSON, or null for nothing. */
  public LiveRule byDefault(Object value) {
    defaultValue = value;
    return this;
  }

  private LiveRule with(String field, Object value) {
    fields.put(field, value);
    return this;
  }

  /** The rule as JsonReader would give it. */
  Map<String, Object> toFields(String key) {
    Map<String, Object> plain = new LinkedHashMap<>();
    fields.forEach((field, value) -> plain.put(field, plain(value, field + " of '" + key + "'")));
    return plain;
  }

  /** The default as JsonReader would give it. */
  Object toDefault(String key) {
    return plain(defaultValue, "the default of '" + key + "'");
  }

  private static Object plain(Object value, String what) {
    try {
      return JsonReader.read(JavaValues.toJson(value));
    } catch (JsonException strange) {
      throw new IllegalArgumentException(what + " must be JSON: " + strange.getMessage(), strange);
    }
  }
}
