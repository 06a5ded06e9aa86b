package io.sparkexporter.reading;

import java.util.concurrent.TimeUnit;

/** Reads a source that costs much less often than others; in between, its readings stay. */
public final class PacedSource implements ReadingSource {
  private final ReadingSource source;
  private final long pause;
  private ReadingList last = new ReadingList(0);
  private long readAt;
  private boolean wasRead;

  /** Reads the source at most once in this time. */
  public PacedSource(ReadingSource source, long pauseMillis) {
    this.source = source;
    this.pause = TimeUnit.MILLISECONDS.toNanos(pauseMillis);
  }

  @Override
  public void read(Readings into) {
    long now = System.nanoTime();
    if (!wasRead || now - readAt >= pause) {
      wasRead = true;
      readAt = now;
      ReadingList next = new ReadingList(last.size());
      source.read(next);
      last = next;
    }
    last.copyTo(into);
  }
}
