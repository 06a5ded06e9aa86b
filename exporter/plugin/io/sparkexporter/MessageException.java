package io.sparkexporter;

/** Why a message got no answer. Its text is a sentence for people. */
public final class MessageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** Kinds of failure. */
  public enum Reason {
    /** Nobody in the driver handles the topic. */
    NO_HANDLER("no_handler"),
    /** The handler threw, or what it returned is neither JSON nor bytes. */
    HANDLER_FAILED("handler_failed"),
    /** The answer did not come in time. The handler may have run, or may still run. */
    TIMEOUT("timeout"),
    /** The payload or the answer exceeds {@code spark.exporter.maxPayload}. */
    TOO_LARGE("too_large"),
    /** Too many messages are under way already. */
    OVERLOADED("overloaded"),
    /** There is nobody to send it: no plugin, messages are off, or the driver cannot be reached. */
    UNAVAILABLE("unavailable"),
    /** The request itself is malformed. */
    BAD_REQUEST("bad_request");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    /** The word for it in protocols and metrics. */
    public String code() {
      return code;
    }
  }

  /** Makes one. */
  public MessageException(Reason reason, String sentence) {
    super(sentence);
    this.reason = reason;
  }

  /** Kind of failure. */
  public Reason reason() {
    return reason;
  }
}
