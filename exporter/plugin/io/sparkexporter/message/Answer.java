package io.sparkexporter.message;

import io.sparkexporter.MessageException.Reason;

/** How an exchange ended: with JSON or bytes, or with a reason and a sentence. Immutable. */
public final class Answer {
  private static final byte[] NOTHING = {};
  private static final Answer TAKEN = new Answer(null, null, false, NOTHING);

  private final Reason reason;
  private final String sentence;
  private final boolean json;
  private final byte[] body;

  private Answer(Reason reason, String sentence, boolean json, byte[] body) {
    this.reason = reason;
    this.sentence = sentence;
    this.json = json;
    this.body = body;
  }

  /** What a handler returned. */
  public static Answer of(boolean json, byte[] body) {
    return new Answer(null, null, json, body);
  }

  /** A message that nobody waits for has been taken over. */
  public static Answer taken() {
    return TAKEN;
  }

  /** It failed. */
  public static Answer failed(Reason reason, String sentence) {
    return new Answer(reason, sentence, false, NOTHING);
  }

  /** Why it failed; null if it did not. */
  public Reason reason() {
    return reason;
  }

  /** What to tell people about the failure. */
  public String sentence() {
    return sentence;
  }

  /** Whether the body is JSON text. */
  public boolean isJson() {
    return json;
  }

  /** JSON as UTF-8, or bytes. */
  public byte[] body() {
    return body;
  }
}
