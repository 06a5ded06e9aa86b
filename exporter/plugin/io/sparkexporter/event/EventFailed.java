package io.sparkexporter.event;

/** An event could not be handled; the message is a sentence for whoever sent it. */
public final class EventFailed extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public EventFailed(String sentence) {
    super(sentence, null, false, false);
  }
}
