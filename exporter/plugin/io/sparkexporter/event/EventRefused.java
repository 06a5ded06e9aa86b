package io.sparkexporter.event;

/** An event that is not accepted; the message says why. */
public final class EventRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** Kinds of reasons. */
  public enum Reason {
    /** No such executor was ever seen. */
    UNKNOWN_RECIPIENT,
    /** No JVM of the target can do what events of this type ask for. */
    WRONG_TARGET,
    /** It was there and is gone, or none is there, or the idempotency key was used for something else. */
    CONFLICT,
    /** Too many events have not ended. */
    FULL
  }

  EventRefused(Reason reason, String sentence) {
    super(sentence, null, false, false);
    this.reason = reason;
  }

  /** What kind of reason it is. */
  public Reason reason() {
    return reason;
  }
}
