package io.sparkexporter.dropwizard;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import io.sparkexporter.reading.ReadingList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A registry that is left out for a while when it takes too long. Its owner asks on one thread, it is read on another. */
final class WatchedRegistry {
  static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LEFT_OUT_NANOS = TimeUnit.MINUTES.toNanos(1);
  /** One slow read may be the collector's fault, or another process's. */
  private static final int SLOW_READS = 2;

  private final String name;
  private final RegistryReader reader;
  private final Drops drops;
  private final Consumer<String> warnings;
  private volatile ReadingList latest = new ReadingList(0);
  private volatile boolean reading;
  private volatile boolean leftOut;
  private volatile long leftOutAt;
  private int slowReads;

  WatchedRegistry(String name, RegistryReader reader, Drops drops, Consumer<String> warnings) {
    this.name = name;
    this.reader = reader;
    this.drops = drops;
    this.warnings = warnings;
  }

  RegistryReader reader() {
    return reader;
  }

  /** What was read last; nothing as long as it is left out. */
  ReadingList latest() {
    return latest;
  }

  /** Whether it may be read now. */
  boolean isDue() {
    if (leftOut && !reading && System.nanoTime() - leftOutAt > LEFT_OUT_NANOS) {
      leftOut = false;
    }
    return !leftOut && !reading;
  }

  void read() {
    reading = true;
    long start = System.nanoTime();
    try {
      ReadingList read = reader.read();
      if (!leftOut) {
        latest = read;
      }
    } catch (Throwable failure) {
      // A registry may be somebody else's code, too; the others are read all the same.
      latest = new ReadingList(0);
      warnings.accept("the metric source " + name + " cannot be read: " + failure);
    } finally {
      long taken = System.nanoTime() - start;
      slowReads = taken > SLOW_NANOS ? slowReads + 1 : 0;
      if (slowReads >= SLOW_READS) {
        leaveOut("it takes longer than " + TimeUnit.NANOSECONDS.toMillis(SLOW_NANOS) + " ms");
        slowReads = 0;
      }
      reading = false;
    }
  }

  /** Notes that the thread was given up that may be reading this. */
  void abandon() {
    if (reading) {
      leaveOut("it does not answer");
    }
  }

  private void leaveOut(String why) {
    leftOutAt = System.nanoTime();
    leftOut = true;
    latest = new ReadingList(0);
    drops.count(Reason.SLOW_SOURCE);
    warnings.accept("the metric source " + name + " is left out for a while: " + why);
  }
}
