package io.sparkexporter.event;

/** The time of an event was over before its handling could begin. */
public final class EventExpired extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public EventExpired() {
    super("nobody began to handle it in time", null, false, false);
  }
}
