package io.sparkexporter.model;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts what was dropped, by reason. Thread-safe. */
public final class Drops {
  private final AtomicLongArray counts = new AtomicLongArray(Reason.values().length);

  /** Counts one more. */
  public void count(Reason reason) {
    counts.incrementAndGet(reason.ordinal());
  }

  public long get(Reason reason) {
    return counts.get(reason.ordinal());
  }
}
