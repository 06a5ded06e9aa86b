package io.sparkexporter.model;

/** How the values that several processes give to one gauge combine. */
public enum Mode {
  /** The sum over the live processes. */
  SUM(1, "sum"),
  /** The largest value that any process of an executor has set. */
  MAX(2, "max"),
  /** The smallest value that any process of an executor has set. */
  MIN(3, "min"),
  /** The mean over the live processes. */
  MEAN(4, "mean"),
  /** The value that was set last, wherever that was. */
  MOST_RECENT(5, "mostrecent");

  private final int code;
  private final String label;

  Mode(int code, String label) {
    this.code = code;
    this.label = label;
  }

  /** The number that stands for it in segment files and reports. */
  public int code() {
    return code;
  }

  /** The word for it in JSON. */
  public String label() {
    return label;
  }

  /** Returns the mode with this code, or null. */
  public static Mode byCode(int code) {
    return code < 1 || code > values().length ? null : values()[code - 1];
  }
}
