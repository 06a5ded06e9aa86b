package io.sparkexporter.message;

/** Handlers of the driver that are not in its JVM. */
public interface Remote {
  /** Whether somebody there handles the topic. */
  boolean handles(String topic);

  /** Hands a message over and sees to it that it is finished, unless its time is over before. Never blocks or throws. */
  void carry(Exchange exchange);
}
