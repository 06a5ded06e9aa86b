package io.sparkexporter.message;

/** How the failure of somebody's code is told to others. */
public final class Failures {
  private static final int MAX_LENGTH = 2000;

  private Failures() {}

  /** Returns the class and the text of what was thrown, of bounded length. */
  public static String text(Throwable failure) {
    String message = failure.getMessage();
    String text = failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
  }
}
