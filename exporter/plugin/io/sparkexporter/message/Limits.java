package io.sparkexporter.message;

/** What is under way at most. */
public final class Limits {
  /** Messages under way from one executor, and waiting for one topic. */
  public static final int MESSAGES = 1000;
  /** How much one RPC carries, if more than one message. */
  static final int BATCH_BYTES = 4 << 20;

  private static final int MAX_TOPIC = 200;

  private final int maxPayload;

  /** Makes them for a largest payload in bytes. */
  public Limits(int maxPayload) {
    this.maxPayload = maxPayload;
  }

  /** Largest payload, in bytes. */
  public int maxPayload() {
    return maxPayload;
  }

  /** Most bytes that wait in one place. */
  public long maxBytes() {
    return Math.max(32L << 20, 8L * maxPayload);
  }

  /** Returns what is wrong with a topic, or null. */
  String complaint(String topic) {
    if (topic == null || topic.isEmpty() || topic.length() > MAX_TOPIC || hasControl(topic)) {
      return "a topic is text of 1 to " + MAX_TOPIC + " characters without control characters";
    }
    return null;
  }

  /** Returns the topic, or throws IllegalArgumentException. */
  String checkTopic(String topic) {
    String complaint = complaint(topic);
    if (complaint != null) {
      throw new IllegalArgumentException(complaint);
    }
    return topic;
  }

  /** Returns the sentence on a payload that is too large. */
  public String tooLarge(String what, int length) {
    return what + " has " + length + " bytes; at most " + maxPayload + " are allowed (spark.exporter.maxPayload)";
  }

  private static boolean hasControl(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }
}
