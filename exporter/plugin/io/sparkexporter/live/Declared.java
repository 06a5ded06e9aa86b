package io.sparkexporter.live;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** What Scala and Java code in this JVM has declared, for the present application and those after it. Thread-safe. */
public final class Declared {
  private static final Declared IN_THIS_JVM = new Declared();

  private final Map<String, Map<String, Object>> rules = new TreeMap<>();
  private volatile Map<String, Object> defaults = Collections.emptyMap();
  /** Null while there is no live configuration that this JVM decides on. */
  private Declarations driver;
  private BiConsumer<String, Throwable> warnings = (sentence, cause) -> {};

  /** The one of this JVM. */
  public static Declared inThisJvm() {
    return IN_THIS_JVM;
  }

  /**
   * Declares a key, here and in the driver that runs in this JVM, if one does.
   *
   * @param rule {@code type}, which must be there, {@code minimum}, {@code maximum}, {@code choices}, {@code pattern}
   * @param defaultValue null if there is none
   * @throws LiveRefused if the key, the rule or the default is none; then nothing has changed
   */
  public synchronized void declare(String key, Map<String, Object> rule, Object defaultValue) throws LiveRefused {
    Rule checked = Rule.of(key, rule);
    if (defaultValue != null) {
      checked.checkDefault(defaultValue);
    }
    rules.put(key, rule);
    Map<String, Object> newer = new TreeMap<>(defaults);
    newer.put(key, defaultValue);
    newer.values().removeIf(value -> value == null);
    defaults = newer;
    tell(key);
  }

  private void tell(String key) {
    try {
      if (driver != null) {
        driver.declare(key, rules.get(key));
      }
    } catch (LiveRefused refused) {
      warnings.accept(
          refused.isMisfit()
              ? "the present value of " + key + " does not fit its declaration, and stays"
              : "the declaration of " + key + " is not in force",
          refused);
    }
  }

  /**
   * Has a driver told what is declared, now and later.
   *
   * @param decides null if there is none any more
   */
  public synchronized void follow(Declarations decides, BiConsumer<String, Throwable> complaints) {
    driver = decides;
    warnings = complaints;
    rules.keySet().forEach(this::tell);
  }

  /** Returns the default that was declared for a key; null if there is none. */
  public Object defaultOf(String key) {
    return defaults.get(key);
  }
}
