package io.sparkexporter.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns what somebody's Java or Scala code returns into what {@link JsonReader} would give, if there is such a thing. */
public final class JavaValues {
  private JavaValues() {}

  /**
   * Returns a value as JSON.
   *
   * @throws JsonException if JSON has nothing like it; the message names it
   */
  public static String toJson(Object value) throws JsonException {
    return Json.of(plain(value, 0));
  }

  private static Object plain(Object value, int depth) throws JsonException {
    if (depth > JsonReader.MAX_DEPTH) {
      throw new JsonException("more than " + JsonReader.MAX_DEPTH + " levels of objects and arrays are not allowed");
    }
    if (value == null || value instanceof String || value instanceof Boolean) {
      return value;
    }
    if (value instanceof Number) {
      return number((Number) value);
    }
    if (value instanceof CharSequence || value instanceof Character || value instanceof Enum) {
      return value.toString();
    }
    if (value instanceof Map) {
      return object((Map<?, ?>) value, depth);
    }
    if (value instanceof Object[]) {
      return array(Arrays.asList((Object[]) value), depth);
    }
    if (value instanceof Iterable) {
      return array((Iterable<?>) value, depth);
    }
    throw new JsonException("a " + value.getClass().getName() + " is not JSON");
  }

  private static Object number(Number value) throws JsonException {
    if (value instanceof BigInteger) {
      return value;
    }
    if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return value.longValue();
    }
    // The text of a float, not its bits: 0.1f is 0.1.
    double number = Double.parseDouble(value.toString());
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new JsonException("the number " + value + " is not JSON");
    }
    return number;
  }

  private static Object object(Map<?, ?> map, int depth) throws JsonException {
    Map<String, Object> object = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String)) {
        throw new JsonException("a key of an object must be a string, not " + entry.getKey());
      }
      object.put((String) entry.getKey(), plain(entry.getValue(), depth + 1));
    }
    return object;
  }

  private static Object array(Iterable<?> values, int depth) throws JsonException {
    List<Object> array = new ArrayList<>();
    for (Object one : values) {
      array.add(plain(one, depth + 1));
    }
    return array;
  }
}
