package io.sparkexporter.hop;

import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;

/** What travels between a Python process and its JVM: a header and a body. */
final class Frame {
  /** How much a frame may be longer than the largest payload. */
  static final int ROOM = 64 << 10;
  /** Length of what stands before the header. */
  private static final int PREFIX = 8;

  private final Map<?, ?> header;
  private final byte[] body;
  /** What is wrong with the header, of which there is only a part then; else null. */
  private final String fault;

  private Frame(Map<?, ?> header, byte[] body, String fault) {
    this.header = header;
    this.body = body;
    this.fault = fault;
  }

  /**
   * Reads what follows the first length. Of a header that is none there is at least the part that says what the frame is about.
   *
   * @throws IOException if the lengths are none, so that nothing can follow
   */
  static Frame read(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    int headerLength = length < 4 ? -1 : in.getInt();
    if (headerLength < 0 || headerLength > in.remaining()) {
      throw new IOException("no frame");
    }
    byte[] header = new byte[headerLength];
    in.get(header);
    byte[] body = new byte[in.remaining()];
    in.get(body);
    try {
      Object read = JsonReader.read(header);
      if (read instanceof Map) {
        return new Frame((Map<?, ?>) read, body, null);
      }
      return new Frame(Collections.emptyMap(), body, "the header is no JSON object");
    } catch (JsonException bad) {
      return new Frame(JsonReader.firstMembers(header), body, "the header cannot be read: " + bad.getMessage());
    }
  }

  /** Returns the bytes of a frame. */
  static ByteBuffer of(CharSequence header, byte[] body) {
    byte[] head = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(PREFIX + head.length + body.length);
    out.putInt(4 + head.length + body.length).putInt(head.length).put(head).put(body);
    out.flip();
    return out;
  }

  byte[] body() {
    return body;
  }

  /** Returns a string of the header. */
  String text(String name) throws IOException {
    return field(name, String.class);
  }

  /** Returns a string of the header; null if it is not there. */
  String textOrNull(String name) throws IOException {
    return header.get(name) == null ? null : text(name);
  }

  /** Returns a whole number of the header. */
  long number(String name) throws IOException {
    return field(name, Long.class);
  }

  /** Returns any number of the header. */
  double seconds(String name) throws IOException {
    return field(name, Number.class).doubleValue();
  }

  /** Returns any value of the header, or null; also of one with a fault. */
  Object value(String name) {
    return header.get(name);
  }

  /** Returns whether the body is JSON and not bytes. */
  boolean isJson() throws IOException {
    String encoding = text("encoding");
    if (encoding.equals("json") || encoding.equals("bytes")) {
      return encoding.equals("json");
    }
    throw new IOException("the encoding is neither json nor bytes");
  }

  private <T> T field(String name, Class<T> type) throws IOException {
    if (fault != null) {
      throw new IOException(fault);
    }
    Object value = header.get(name);
    if (!type.isInstance(value)) {
      throw new IOException("the header lacks " + name + ", or it has another type");
    }
    return type.cast(value);
  }
}
