package io.sparkexporter.driver;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.function.Supplier;

/** Spark's own JSON of a progress of a streaming query, made when somebody asks for it first. Thread-safe. */
public final class QueryProgress {
  private static final int MAX_LENGTH = 1 << 20;

  private final Drops drops;
  private Supplier<String> source;
  private String json;

  /** Takes the JSON from here, at most once. */
  public QueryProgress(Supplier<String> source, Drops drops) {
    this.source = source;
    this.drops = drops;
  }

  /** Returns null if it is too long, or Spark cannot make it. */
  synchronized String json() {
    if (source != null) {
      try {
        json = source.get();
      } catch (RuntimeException | LinkageError failure) {
        drops.count(Reason.INVALID_READING);
      }
      source = null;
      if (json != null && json.length() > MAX_LENGTH) {
        drops.count(Reason.PROGRESS_TOO_LARGE);
        json = null;
      }
    }
    return json;
  }
}
