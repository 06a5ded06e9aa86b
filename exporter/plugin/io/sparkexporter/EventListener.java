package io.sparkexporter;

/**
 * Handles the custom events of one type, in the driver's JVM and in those of the executors.
 *
 * <p>Name its class in {@code spark.exporter.eventListeners}; it needs a public constructor without parameters.
 */
public interface EventListener {
  /** Type of the events that it handles, such as {@code reload}. */
  String type();

  /**
   * Handles one event. Events are handled one after the other, so a long one delays the next.
   *
   * @return what JSON knows: Map, List, String, Number, Boolean, null; at most 64 KiB as text
   * @throws Exception fails the event in this JVM, with its class and its text
   */
  Object onEvent(Event event) throws Exception;
}
