package io.sparkexporter;

/**
 * Answers the messages of one topic in the driver's JVM.
 *
 * <p>Give one to {@link Messages#handle}, or name its class in {@code spark.exporter.messageHandlers}; the class then needs
 * a public constructor without parameters, and {@link #topic}.
 */
@FunctionalInterface
public interface MessageHandler {
  /**
   * Answers one message. Messages of a topic are handled one after the other, on a thread of their own.
   *
   * @return bytes, or what JSON knows: Map, List, String, Number, Boolean, null; ignored if nobody waits for it
   * @throws Exception fails the message: the one who asked gets its class and its text
   */
  Object handle(Message message) throws Exception;

  /** The topic; needed only of a class that is named in {@code spark.exporter.messageHandlers}. */
  default String topic() {
    return "";
  }
}
