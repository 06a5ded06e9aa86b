package io.sparkexporter.driver;

import io.sparkexporter.report.Report;
import java.util.Arrays;

/** The readings of one executor as it last reported them. Guarded by its owner. */
final class ExecutorReadings {
  /** Places in the names of the application, in the order of the session. */
  private int[] places = new int[0];
  /** NaN for a reading that is gone. */
  private double[] values = new double[0];
  private int known;

  /** Forgets what the former session had. */
  void restart() {
    known = 0;
  }

  /** How many names of the session are known. */
  int known() {
    return known;
  }

  /** Takes a report in that begins with a name that is known, or the next one. Returns whether it changes anything. */
  boolean apply(Report report, ReadingNames names) {
    define(report, names);
    boolean changed = false;
    for (int i = 0; i < report.readings.length; i++) {
      int place = report.readings[i];
      if (place >= 0 && place < known && Double.compare(values[place], report.readingValues[i]) != 0) {
        values[place] = report.readingValues[i];
        changed = true;
      }
    }
    return changed;
  }

  private void define(Report report, ReadingNames names) {
    int next = report.readingsBase + report.readingNames.size();
    if (next > places.length) {
      places = Arrays.copyOf(places, next);
      values = Arrays.copyOf(values, next);
    }
    while (known < next) {
      places[known] = names.place(report.readingNames.get(known - report.readingsBase));
      values[known++] = Double.NaN;
    }
  }

  /** Calls the consumer with the place in the names of the application, and the value. */
  void each(Consumer consumer) {
    for (int i = 0; i < known; i++) {
      if (places[i] != ReadingNames.DROPPED && Math.abs(values[i]) <= Double.MAX_VALUE) {
        consumer.accept(places[i], values[i]);
      }
    }
  }

  /** Takes one reading. */
  interface Consumer {
    void accept(int place, double value);
  }
}
