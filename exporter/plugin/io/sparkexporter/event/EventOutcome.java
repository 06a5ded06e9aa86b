package io.sparkexporter.event;

import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;

/** What became of an event at one recipient. Immutable. */
public final class EventOutcome {
  /** Longest result in bytes. */
  public static final int MAX_RESULT = 64 << 10;

  private static final int MAX_ERROR = 4000;

  private final EventState state;
  private final String result;
  private final String error;

  /**
   * Makes one.
   *
   * @param state an end
   * @param result JSON, or null
   * @param error a sentence, or null
   */
  public EventOutcome(EventState state, String result, String error) {
    this.state = state;
    this.result = result;
    this.error = error == null || error.length() <= MAX_ERROR ? error : error.substring(0, MAX_ERROR) + "...";
  }

  /** The outcome of a handler that returned; its result may be none that can be passed on. */
  static EventOutcome handled(String result) {
    if (result == null) {
      return new EventOutcome(EventState.HANDLED, null, null);
    }
    int bytes = result.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_RESULT) {
      return failed("the result has " + bytes + " bytes; at most " + MAX_RESULT);
    }
    try {
      JsonReader.read(result);
      return new EventOutcome(EventState.HANDLED, result, null);
    } catch (JsonException bad) {
      return failed("the result is no JSON: " + bad.getMessage());
    }
  }

  static EventOutcome failed(String sentence) {
    return new EventOutcome(EventState.FAILED, null, sentence);
  }

  static EventOutcome expired(String sentence) {
    return new EventOutcome(EventState.EXPIRED, null, sentence);
  }

  /** The outcome of a handler that threw. */
  static EventOutcome of(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof EventExpired) {
      return expired(cause.getMessage());
    }
    if (cause instanceof EventFailed) {
      return failed(cause.getMessage());
    }
    String text = cause.getMessage();
    return failed(cause.getClass().getSimpleName() + (text == null ? "" : ": " + text));
  }

  /** How it ended. */
  public EventState state() {
    return state;
  }

  /** What the handler returned, as JSON; null if nothing. */
  public String result() {
    return result;
  }

  /** Why it did not go well; null if it did. */
  public String error() {
    return error;
  }
}
