package io.sparkexporter.json;

/** A text that is not JSON, or not the JSON that is expected. The message says what and where. */
public final class JsonException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public JsonException(String sentence) {
    super(sentence);
  }
}
