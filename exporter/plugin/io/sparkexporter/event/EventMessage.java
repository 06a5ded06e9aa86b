package io.sparkexporter.event;

import io.sparkexporter.Event;

/** An event on its way to a recipient. */
public final class EventMessage {
  private final long sequence;
  private final Event event;

  /** Makes one. */
  public EventMessage(long sequence, Event event) {
    this.sequence = sequence;
    this.event = event;
  }

  /** Number of the event; later ones have higher numbers. */
  public long sequence() {
    return sequence;
  }

  /** The event itself. */
  public Event event() {
    return event;
  }
}
