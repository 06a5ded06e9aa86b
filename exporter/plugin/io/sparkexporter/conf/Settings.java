package io.sparkexporter.conf;

import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import scala.Tuple2;

/** The checked values of all settings of one application. Immutable. */
public final class Settings {
  /** Environment variable of the driver that may hold the token. */
  public static final String TOKEN_VARIABLE = "SPARK_EXPORTER_TOKEN";

  private final Map<Setting, Object> values;
  private final boolean tokenUnusable;

  private Settings(Map<Setting, Object> values, boolean tokenUnusable) {
    this.values = values;
    this.tokenUnusable = tokenUnusable;
  }

  /**
   * Reads the settings of a Spark configuration.
   *
   * @param warnings gets one sentence for every key that is unknown or has a bad value
   */
  public static Settings read(SparkConf conf, Map<String, String> environment, Consumer<String> warnings) {
    Map<String, String> raw = new HashMap<>();
    for (Tuple2<String, String> entry : conf.getAll()) {
      if (entry._1().startsWith(Setting.PREFIX)) {
        raw.put(entry._1(), entry._2());
      }
    }
    return parse(raw, environment, warnings);
  }

  /** As {@link #read}, from plain maps. A bad value counts as not given. */
  public static Settings parse(
      Map<String, String> raw, Map<String, String> environment, Consumer<String> warnings) {
    Map<Setting, Object> values = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      if (!setting.isWritten()) {
        values.put(setting, setting.defaultValue());
      }
    }
    boolean tokenUnusable = false;
    for (Map.Entry<String, String> entry : raw.entrySet()) {
      Setting setting = Setting.byKey(entry.getKey());
      Object value = setting == null || setting.isWritten() ? null : setting.parse(entry.getValue());
      if (value != null) {
        values.put(setting, value);
      } else if (setting == Setting.EVENTS_ALLOW) {
        Allowed allowed = new Allowed(entry.getValue());
        values.put(setting, allowed.known());
        warnings.accept(allowed.complaint());
      } else {
        tokenUnusable |= setting == Setting.TOKEN || setting == Setting.TOKEN_FILE;
        warnings.accept(complaint(setting, entry.getKey(), entry.getValue()));
      }
    }
    String elsewhere = raw.containsKey(Setting.TOKEN.key()) ? "" : Token.find(values, environment, warnings);
    if (elsewhere == null) {
      tokenUnusable = true;
    } else if (!elsewhere.isEmpty()) {
      values.put(Setting.TOKEN, elsewhere);
    }
    return new Settings(values, tokenUnusable);
  }

  /** As {@link #read}, in an executor: the driver has warned already, and only the driver needs the token. */
  public static Settings readInExecutor(SparkConf conf) {
    SparkConf without = conf.clone().remove(Setting.TOKEN.key()).remove(Setting.TOKEN_FILE.key());
    return read(without, Collections.emptyMap(), warning -> {});
  }

  private static String complaint(Setting setting, String key, String value) {
    if (setting == null) {
      return "unknown setting " + key + "; see the list in docs/configuration.md";
    }
    if (setting.isWritten()) {
      return key + " is written by the plugin; the given value " + quote(value) + " is ignored";
    }
    if (setting == Setting.TOKEN || setting == Setting.TOKEN_FILE) {
      // A token with a typing error must not appear in a log, and must not open the endpoint either.
      return Token.complaint(key, setting);
    }
    return key + "=" + quote(value) + ": expected " + setting.expected() + "; using " + setting.defaultText();
  }

  static String quote(String value) {
    String shown = value.length() <= 100 ? value : value.substring(0, 100) + "...";
    return '"' + shown.replaceAll("\\p{Cntrl}", "?") + '"';
  }

  public boolean flag(Setting setting) {
    return (Boolean) values.get(setting);
  }

  public int integer(Setting setting) {
    return (Integer) values.get(setting);
  }

  public long millis(Setting setting) {
    return (Long) values.get(setting);
  }

  public String text(Setting setting) {
    return (String) values.get(setting);
  }

  /** Returns the words of a setting that is a list, in their order. */
  public Set<String> words(Setting setting) {
    return Setting.words(text(setting));
  }

  /** Whether a token was given that cannot be used, so that nothing may be served. */
  public boolean isTokenUnusable() {
    return tokenUnusable;
  }
}
