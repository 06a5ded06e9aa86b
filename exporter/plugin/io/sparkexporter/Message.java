package io.sparkexporter;

import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import java.nio.charset.StandardCharsets;

/** A message, or the answer to one: JSON or bytes. */
public final class Message {
  private final String topic;
  private final String from;
  private final boolean json;
  private final byte[] body;

  /**
   * Makes one; the plugin does that.
   *
   * @param from id of the executor that it comes from, or "driver"
   * @param json whether the body is JSON text in UTF-8
   */
  public Message(String topic, String from, boolean json, byte[] body) {
    this.topic = topic;
    this.from = from;
    this.json = json;
    this.body = body;
  }

  /** What it is about. */
  public String topic() {
    return topic;
  }

  /** Id of the executor that it comes from, or "driver". */
  public String from() {
    return from;
  }

  /** Whether it is JSON. */
  public boolean isJson() {
    return json;
  }

  /** The bytes; of JSON its text in UTF-8. Not a copy. */
  public byte[] bytes() {
    return body;
  }

  /** The bytes as text in UTF-8, such as the text of the JSON. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /**
   * Returns the JSON as an unmodifiable Map, List, String, Long, BigInteger, Double, Boolean or null.
   *
   * @throws IllegalArgumentException if it is not JSON
   */
  public Object value() {
    if (!json) {
      throw new IllegalArgumentException("the message has bytes, not JSON");
    }
    try {
      return JsonReader.read(body);
    } catch (JsonException bad) {
      throw new IllegalArgumentException(bad.getMessage(), bad);
    }
  }
}
