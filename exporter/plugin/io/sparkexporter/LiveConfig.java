package io.sparkexporter;

import io.sparkexporter.live.Declared;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.live.LiveRefused;
import java.util.Collections;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The live configuration: keys and values that somebody sets from outside while the application runs.
 *
 * <pre>{@code
 * LiveConfig.declare("threshold", LiveRule.ofLong().minimum(0).byDefault(10));  // in the driver; optional
 * long threshold = LiveConfig.getLong("threshold");                             // or getLong("threshold", 10)
 * }</pre>
 *
 * <p>Read it as often as you like, on the driver and on executors. Without the plugin, or a token, nothing is ever set.
 * Where the driver has not been heard yet, at the start of an executor, the first reads wait for it: at most 10 s, once in a JVM.
 */
public final class LiveConfig {
  private LiveConfig() {}

  /**
   * Says what a key may hold: the driver then refuses other values, and nothing changes.
   *
   * <p>Call it in the driver, before or after the session starts. It holds for this application and those after it in this
   * JVM. If the present value does not fit, it stays, and a warning in the log says so. A second declaration of a key
   * replaces the first one. On an executor only the default counts.
   *
   * @throws IllegalArgumentException if the key or the rule cannot be one, or the default contradicts the rule
   */
  public static void declare(String key, LiveRule rule) {
    try {
      Declared.inThisJvm().declare(key, rule.toFields(key), rule.toDefault(key));
    } catch (LiveRefused refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }

  /** Returns a value as {@link #get(String, Object)} does, or the default that was declared in this JVM, or null. */
  public static Object get(String key) {
    return get(key, Declared.inThisJvm().defaultOf(key));
  }

  /**
   * Returns a whole number, or the default that was declared in this JVM.
   *
   * @throws NoSuchElementException if there is neither
   */
  public static long getLong(String key) {
    return of(Long.class, key);
  }

  /**
   * Returns a number, or the default that was declared in this JVM.
   *
   * @throws NoSuchElementException if there is neither
   */
  public static double getDouble(String key) {
    return of(Number.class, key).doubleValue();
  }

  /**
   * Returns a text, or the default that was declared in this JVM.
   *
   * @throws NoSuchElementException if there is neither
   */
  public static String getString(String key) {
    return of(String.class, key);
  }

  /**
   * Returns a truth value, or the default that was declared in this JVM.
   *
   * @throws NoSuchElementException if there is neither
   */
  public static boolean getBoolean(String key) {
    return of(Boolean.class, key);
  }

  private static <T> T of(Class<T> type, String key) {
    for (Object value : new Object[] {get(key, null), Declared.inThisJvm().defaultOf(key)}) {
      if (type.isInstance(value)) {
        return type.cast(value);
      }
    }
    throw new NoSuchElementException(
        key + " is not set to a " + type.getSimpleName() + ", and no such default was declared in this JVM");
  }

  /**
   * Returns a value: an unmodifiable Map or List, a String, Long, BigInteger, Double or Boolean.
   *
   * @param other what to return if the key is not set
   */
  public static Object get(String key, Object other) {
    LiveCopy copy = heard();
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
    LiveCopy copy = heard();
    return copy == null ? Collections.emptyMap() : copy.values();
  }

  /** Returns the version of the values, which grows by one with each change; 0 as long as nothing was set. */
  public static long version() {
    LiveCopy copy = heard();
    return copy == null ? 0 : copy.version();
  }

  private static LiveCopy heard() {
    LiveCopy copy = LiveCopy.current();
    if (copy != null) {
      copy.awaitHeard();
    }
    return copy;
  }
}
