package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.conf.Times;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The payload of a built-in event, read to the letter: whoever steers a job wants to know of a typing error. */
final class Fields {
  private static final int MAX_SHOWN = 100;

  private final Map<?, ?> fields;
  private final String expected;

  private Fields(Map<?, ?> fields, String expected) {
    this.fields = fields;
    this.expected = expected;
  }

  /**
   * Reads a payload.
   *
   * @param expected what the payload looks like, for people
   * @param names the fields that there are
   * @throws EventFailed if there are others
   */
  static Fields of(Event event, String expected, String... names) throws EventFailed {
    Object payload = event.payload() == null ? Collections.emptyMap() : event.payload();
    if (!(payload instanceof Map)) {
      throw refuse("the payload " + shown(payload) + " is no object", expected);
    }
    List<String> known = Arrays.asList(names);
    TreeSet<String> unknown = new TreeSet<>();
    for (Object name : ((Map<?, ?>) payload).keySet()) {
      if (!known.contains(name)) {
        unknown.add(shown(name));
      }
    }
    if (!unknown.isEmpty()) {
      throw refuse("unknown: " + String.join(", ", unknown), expected);
    }
    return new Fields((Map<?, ?>) payload, expected);
  }

  private static EventFailed refuse(String what, String expected) {
    return new EventFailed(what + "; expected " + expected);
  }

  private static String shown(Object value) {
    String json = Json.of(value);
    return json.length() <= MAX_SHOWN ? json : json.substring(0, MAX_SHOWN) + "...";
  }

  /** Returns what to throw when a field is not as it should be. */
  EventFailed refuse(String what) {
    return refuse(what, expected);
  }

  boolean has(String name) {
    return fields.containsKey(name);
  }

  int count() {
    return fields.size();
  }

  /** Returns any value. */
  Object value(String name) throws EventFailed {
    if (!has(name)) {
      throw refuse(shown(name) + " is missing");
    }
    return fields.get(name);
  }

  /** Returns a text that is not empty. */
  String text(String name) throws EventFailed {
    Object value = value(name);
    if (!(value instanceof String) || ((String) value).isEmpty()) {
      throw refuse(shown(name) + " is " + shown(value));
    }
    return (String) value;
  }

  /** Returns a number of a job or a stage. */
  int number(String name) throws EventFailed {
    Object value = value(name);
    if (!(value instanceof Long) || (Long) value < 0 || (Long) value > Integer.MAX_VALUE) {
      throw refuse(shown(name) + " is " + shown(value));
    }
    return ((Long) value).intValue();
  }

  /** Returns a time in milliseconds: a text such as "5m", or a number of seconds. */
  long millis(String name, long least, long most) throws EventFailed {
    Object value = value(name);
    long millis = -1;
    if (value instanceof String) {
      millis = Times.millis((String) value);
    } else if (value instanceof Number) {
      millis = Math.round(((Number) value).doubleValue() * 1000);
    }
    if (millis < least || millis > most) {
      throw refuse(shown(name) + " is " + shown(value));
    }
    return millis;
  }
}
