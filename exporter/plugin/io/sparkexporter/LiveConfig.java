package io.sparkexporter;

import io.sparkexporter.live.LiveCopy;
import java.util.Collections;
import java.util.Map;

/**
 * The live configuration: keys and values that somebody sets from outside while the application runs.
 *
 * <p>Read it as often as you like, on the driver and on executors: {@code LiveConfig.getLong("threshold", 10)}. Nothing here
 * throws. Without the plugin, or a token, nothing is ever set.
 */
public final class LiveConfig {
  private LiveConfig() {}

  /**
   * Returns a value: an unmodifiable Map or List, a String, Long, BigInteger, Double or Boolean.
   *
   * @param other what to return if the key is not set
   */
  public static Object get(String key, Object other) {
    LiveCopy copy = LiveCopy.current();
    Object value = copy == null ? null : copy.get(key);
    return value == null ? other : value;
  }

  /** Returns a whole number, or the other one if the key is not set to one that fits 64 bits. */
  public static long getLong(String key, long other) {
    Object value = get(key, null);
    return value instanceof Long ? (Long) value : other;
  }

  /** Returns a number, or the other one if the key is not set to one. */
  public static double getDouble(String key, double other) {
    Object value = get(key, null);
    return value instanceof Number ? ((Number) value).doubleValue() : other;
  }

  /** Returns a text, or the other one if the key is not set to one. */
  public static String getString(String key, String other) {
    Object value = get(key, null);
    return value instanceof String ? (String) value : other;
  }

  /** Returns a truth value, or the other one if the key is not set to one. */
  public static boolean getBoolean(String key, boolean other) {
    Object value = get(key, null);
    return value instanceof Boolean ? (Boolean) value : other;
  }

  /** Returns all values by key; nobody can change the map. */
  public static Map<String, Object> all() {
    LiveCopy copy = LiveCopy.current();
    return copy == null ? Collections.emptyMap() : copy.values();
  }

  /** Returns the version of the values, which grows by one with each change; 0 as long as nothing was set. */
  public static long version() {
    LiveCopy copy = LiveCopy.current();
    return copy == null ? 0 : copy.version();
  }
}
