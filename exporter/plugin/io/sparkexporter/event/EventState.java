package io.sparkexporter.event;

import java.util.Locale;

/** How far an event is at one of its recipients. */
public enum EventState {
  /** The driver has it. */
  ACCEPTED,
  /** The recipient has said that it has it. */
  DELIVERED,
  /** It was handled. */
  HANDLED,
  /** It could not be handled, or its recipient is gone. */
  FAILED,
  /** Its time was over before its handling began. */
  EXPIRED;

  /** Whether nothing more is expected. */
  public boolean isEnd() {
    return ordinal() >= HANDLED.ordinal();
  }

  /** The name on the wire. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
