package io.sparkexporter.message;

/** The way to the handlers in the driver. */
public interface Route {
  /** Takes over a message and sees to it that it is finished, at latest when its time is over. Never blocks or throws. */
  void carry(Exchange exchange);
}
