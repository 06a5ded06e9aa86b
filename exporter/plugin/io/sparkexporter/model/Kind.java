package io.sparkexporter.model;

/** The type of a metric. */
public enum Kind {
  COUNTER(1, "counter"),
  GAUGE(2, "gauge"),
  HISTOGRAM(3, "histogram");

  private final int code;
  private final String label;

  Kind(int code, String label) {
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

  /** Returns the kind with this code, or null. */
  public static Kind byCode(int code) {
    return code < 1 || code > values().length ? null : values()[code - 1];
  }
}
