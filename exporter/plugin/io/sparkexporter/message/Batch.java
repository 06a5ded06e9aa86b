package io.sparkexporter.message;

import io.sparkexporter.MessageException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What an executor and the driver exchange about messages in one call of Spark's plugin RPC. Both sides run the same jar,
 * so the form is theirs alone.
 */
final class Batch {
  /** First byte, by which the driver tells this from a report. */
  static final byte VERSION = 2;

  private static final Reason[] REASONS = Reason.values();
  private static final int JSON = 1;
  private static final int REPLY_WANTED = 2;
  private static final int OK = -1;

  /** Names the executor's stream of numbers; drawn at random. */
  long session;
  /** Id of the executor; only on the way to the driver. */
  String executorId = "";
  /** Answers that have arrived and need not be sent again; only on the way to the driver. */
  List<Long> received = new ArrayList<>();
  /** New messages by ascending number; only on the way to the driver. */
  final List<Numbered<Outgoing>> messages = new ArrayList<>();
  /** Highest number of a message that the driver has; only on the way back. */
  long known;
  /** The least time to the next call; only on the way back. */
  int gapMillis;
  /** What the driver has to say about messages; only on the way back. */
  final List<Numbered<Answer>> answers = new ArrayList<>();

  /** Something that belongs to the message of a number. */
  static final class Numbered<T> {
    final long number;
    final T value;

    Numbered(long number, T value) {
      this.number = number;
      this.value = value;
    }
  }

  /** A message as it travels. */
  static final class Outgoing {
    final String topic;
    final boolean json;
    final boolean replyWanted;
    final long millisLeft;
    final byte[] body;

    Outgoing(String topic, boolean json, boolean replyWanted, long millisLeft, byte[] body) {
      this.topic = topic;
      this.json = json;
      this.replyWanted = replyWanted;
      this.millisLeft = millisLeft;
      this.body = body;
    }
  }

  byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(VERSION);
    out.writeLong(session);
    writeText(out, executorId);
    out.writeInt(received.size());
    for (Long number : received) {
      out.writeLong(number);
    }
    out.writeInt(messages.size());
    for (Numbered<Outgoing> message : messages) {
      write(out, message.number, message.value);
    }
    out.writeLong(known);
    out.writeInt(gapMillis);
    out.writeInt(answers.size());
    for (Numbered<Answer> answer : answers) {
      write(out, answer.number, answer.value);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, long number, Outgoing message) throws IOException {
    out.writeLong(number);
    out.writeByte((message.json ? JSON : 0) | (message.replyWanted ? REPLY_WANTED : 0));
    out.writeLong(message.millisLeft);
    writeText(out, message.topic);
    writeBytes(out, message.body);
  }

  private static void write(DataOutputStream out, long number, Answer answer) throws IOException {
    out.writeLong(number);
    out.writeByte(answer.isJson() ? JSON : 0);
    out.writeByte(answer.reason() == null ? OK : answer.reason().ordinal());
    writeText(out, answer.reason() == null ? "" : answer.sentence());
    writeBytes(out, answer.body());
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Reads one.
   *
   * @throws IOException if the bytes are not a whole one
   */
  static Batch fromBytes(byte[] bytes) throws IOException {
    try {
      return read(ByteBuffer.wrap(bytes));
    } catch (BufferUnderflowException | ArrayIndexOutOfBoundsException cut) {
      throw new IOException("messages that are cut off", cut);
    }
  }

  private static Batch read(ByteBuffer in) throws IOException {
    if (in.get() != VERSION) {
      throw new IOException("messages of another version; the driver and its executors need the same jar");
    }
    Batch batch = new Batch();
    batch.session = in.getLong();
    batch.executorId = readText(in);
    for (int left = in.getInt(); left > 0; left--) {
      batch.received.add(in.getLong());
    }
    for (int left = in.getInt(); left > 0; left--) {
      long number = in.getLong();
      int flags = in.get();
      long millisLeft = in.getLong();
      String topic = readText(in);
      boolean replyWanted = (flags & REPLY_WANTED) != 0;
      Outgoing message = new Outgoing(topic, (flags & JSON) != 0, replyWanted, millisLeft, readBytes(in));
      batch.messages.add(new Numbered<>(number, message));
    }
    batch.known = in.getLong();
    batch.gapMillis = in.getInt();
    for (int left = in.getInt(); left > 0; left--) {
      batch.answers.add(new Numbered<>(in.getLong(), readAnswer(in)));
    }
    return batch;
  }

  private static Answer readAnswer(ByteBuffer in) {
    boolean json = (in.get() & JSON) != 0;
    int reason = in.get();
    String sentence = readText(in);
    byte[] body = readBytes(in);
    return reason == OK ? Answer.of(json, body) : Answer.failed(REASONS[reason], sentence);
  }

  private static String readText(ByteBuffer in) {
    return new String(readBytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] readBytes(ByteBuffer in) {
    int length = in.getInt();
    // Before any memory is taken for what is not there.
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
