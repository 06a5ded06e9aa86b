package io.sparkexporter.report;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The frame of reports and replies: a version byte, then sections of one number byte, an int length and that many bytes.
 * A reader skips the sections it does not know, so that later versions can add some.
 */
final class Section {
  static final int VERSION = 1;

  static final int REPORT_HEAD = 1;
  static final int METRICS = 2;
  static final int SERIES = 3;
  static final int VALUES = 4;
  static final int STATS = 5;
  static final int READINGS = 6;
  static final int CONTROL = 7;

  static final int REPLY_HEAD = 1;
  static final int PACE = 2;
  static final int READINGS_KNOWN = 3;
  static final int CONTROL_REPLY = 4;

  private Section() {}

  /** Writes what goes into one section. */
  interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  /** Reads what one section holds. */
  interface Visitor {
    void read(int section, DataInputStream in) throws IOException;
  }

  static void write(DataOutputStream out, int section, Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    body.write(new DataOutputStream(bytes));
    out.writeByte(section);
    out.writeInt(bytes.size());
    bytes.writeTo(out);
  }

  static void readAll(byte[] message, Visitor visitor) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(message));
    int version = in.readUnsignedByte();
    if (version != VERSION) {
      throw new IOException("a message of version " + version + "; the driver and its executors need the same jar");
    }
    while (in.available() > 0) {
      int section = in.readUnsignedByte();
      byte[] body = new byte[count(in, in.readInt())];
      in.readFully(body);
      visitor.read(section, new DataInputStream(new ByteArrayInputStream(body)));
    }
  }

  /** Returns a number of things that each take a byte or more, so that no memory is taken for what is not there. */
  static int count(DataInputStream in, int count) throws IOException {
    if (count < 0 || count > in.available()) {
      throw new EOFException("a message that is cut off");
    }
    return count;
  }

  /** Unlike writeUTF this knows no limit of 65535 bytes. */
  static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static void writeTextOrNull(DataOutputStream out, String text) throws IOException {
    out.writeBoolean(text != null);
    if (text != null) {
      writeText(out, text);
    }
  }

  static String readTextOrNull(DataInputStream in) throws IOException {
    return in.readBoolean() ? readText(in) : null;
  }

  static String readText(DataInputStream in) throws IOException {
    byte[] bytes = new byte[count(in, in.readInt())];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
