package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Sets runtime settings of Spark SQL: all of them in all sessions that can be found, or none. */
final class SqlConf {
  private static final String EXPECTED =
      "{\"key\": \"spark.sql.shuffle.partitions\", \"value\": 100} or {\"settings\": {key: value, ...}};"
          + " a value is a text, a number, true or false, or null for the default";

  private SqlConf() {}

  static String set(Event event) throws EventFailed {
    Map<String, String> settings = settings(Fields.of(event, EXPECTED, "key", "value", "settings"));
    // Each session has settings of its own, and nobody has a list of all.
    Set<SparkSession> sessions = new LinkedHashSet<>(SqlSessions.all());
    sessions.addAll(ConnectSessions.all());
    Map<RuntimeConfig, Map<String, String>> former = new LinkedHashMap<>();
    try {
      for (SparkSession session : sessions) {
        Map<String, String> before = new LinkedHashMap<>();
        former.put(session.conf(), before);
        set(session.conf(), settings, before);
      }
    } catch (Throwable refused) {
      // Scala throws checked exceptions without a word of it.
      former.forEach((conf, before) -> before.forEach((key, value) -> put(conf, key, value)));
      throw refused;
    }
    StringBuilder result = new StringBuilder("{");
    Json.key(result, "former").append(Json.of(former.values().iterator().next()));
    return Json.key(result, "sessions").append(sessions.size()).append('}').toString();
  }

  private static Map<String, String> settings(Fields fields) throws EventFailed {
    Map<String, String> settings = new LinkedHashMap<>();
    if (!fields.has("settings")) {
      settings.put(fields.text("key"), text(fields, fields.value("value")));
      return settings;
    }
    Object given = fields.value("settings");
    if (fields.count() > 1 || !(given instanceof Map) || ((Map<?, ?>) given).isEmpty()) {
      throw fields.refuse("settings must be an object that is not empty, and stand alone");
    }
    for (Map.Entry<?, ?> entry : ((Map<?, ?>) given).entrySet()) {
      settings.put((String) entry.getKey(), text(fields, entry.getValue()));
    }
    return settings;
  }

  private static String text(Fields fields, Object value) throws EventFailed {
    if (value == null || value instanceof String || value instanceof Number || value instanceof Boolean) {
      return value == null ? null : value.toString();
    }
    throw fields.refuse("a value is " + Json.of(value));
  }

  /** Notes what was there before, of what it has changed. */
  private static void set(RuntimeConfig conf, Map<String, String> settings, Map<String, String> former) {
    for (Map.Entry<String, String> entry : settings.entrySet()) {
      Option<String> before = conf.getOption(entry.getKey());
      put(conf, entry.getKey(), entry.getValue());
      former.put(entry.getKey(), before.isDefined() ? before.get() : null);
    }
  }

  private static void put(RuntimeConfig conf, String key, String value) {
    if (value == null) {
      conf.unset(key);
    } else {
      conf.set(key, value);
    }
  }
}
