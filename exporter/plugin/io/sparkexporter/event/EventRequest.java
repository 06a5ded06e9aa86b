package io.sparkexporter.event;

import io.sparkexporter.conf.EventTypes;
import io.sparkexporter.json.Json;
import io.sparkexporter.json.JsonException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** An event as somebody outside asks for it. Immutable. */
public final class EventRequest {
  /** Longest payload in bytes. */
  public static final int MAX_PAYLOAD = 64 << 10;

  static final String DRIVER = "driver";
  static final String EXECUTORS = "executors";
  static final String ALL = "all";
  private static final String ONE = "executor:";
  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9-]{0,63}");
  private static final Pattern TARGET = Pattern.compile("driver|executors|all|executor:[A-Za-z0-9._-]{1,100}");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,200}");
  private static final double MIN_TTL = 0.1;
  private static final double MAX_TTL = 86_400;
  private static final double DEFAULT_TTL = 60;
  private static final List<String> FIELDS =
      Collections.unmodifiableList(Arrays.asList("type", "payload", "target", "idempotency_key", "ttl_seconds"));

  final String type;
  final Object payload;
  final String payloadJson;
  final String target;
  /** Null if there is none. */
  final String idempotencyKey;
  final double ttlSeconds;

  private EventRequest(Map<?, ?> fields) throws JsonException {
    type = text(fields, "type", null, TYPE, "a type such as reload: " + TYPE.pattern());
    payload = fields.containsKey("payload") ? fields.get("payload") : Collections.emptyMap();
    payloadJson = Json.of(payload);
    String usual = EventTypes.isOfDriver(type) ? DRIVER : ALL;
    target = text(fields, "target", usual, TARGET, "driver, executors, all or executor:ID");
    idempotencyKey = text(fields, "idempotency_key", null, KEY, "1 to 200 visible ASCII characters");
    Object ttl = fields.get("ttl_seconds");
    ttlSeconds = ttl == null ? DEFAULT_TTL : ttl instanceof Number ? ((Number) ttl).doubleValue() : -1;
    if (!(ttlSeconds >= MIN_TTL && ttlSeconds <= MAX_TTL)) {
      throw new JsonException("ttl_seconds is " + shown(ttl) + "; expected a number from 0.1 to 86400");
    }
  }

  /**
   * Reads a request.
   *
   * @param json as JsonReader gives it
   * @throws JsonException if something of it is not as it must be; the message names it
   */
  public static EventRequest of(Object json) throws JsonException {
    if (!(json instanceof Map)) {
      throw new JsonException("an event is an object with the fields " + String.join(", ", FIELDS));
    }
    Map<?, ?> fields = (Map<?, ?>) json;
    TreeSet<Object> unknown = new TreeSet<>(fields.keySet());
    unknown.removeAll(FIELDS);
    if (!unknown.isEmpty()) {
      throw new JsonException("unknown field " + shown(unknown.first()) + "; expected " + String.join(", ", FIELDS));
    }
    EventRequest request = new EventRequest(fields);
    if (request.type == null) {
      throw new JsonException("the field type is missing");
    }
    return request;
  }

  private static String text(Map<?, ?> fields, String name, String otherwise, Pattern form, String expected)
      throws JsonException {
    Object value = fields.get(name);
    if (value == null) {
      return otherwise;
    }
    if (!(value instanceof String) || !form.matcher((String) value).matches()) {
      throw new JsonException(name + " is " + shown(value) + "; expected " + expected);
    }
    return (String) value;
  }

  private static String shown(Object value) {
    String text = Json.of(value);
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }

  /** What it is about. */
  public String type() {
    return type;
  }

  /** Size of the payload as JSON. */
  public int payloadBytes() {
    return payloadJson.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Id of the only executor that is addressed; null if it is not one. */
  String executor() {
    return target.startsWith(ONE) ? target.substring(ONE.length()) : null;
  }

  /** Equal for requests that ask for the same, but for the idempotency key. */
  String content() {
    return Json.canonical(Arrays.asList(type, payload, target, ttlSeconds));
  }
}
