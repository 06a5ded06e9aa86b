package io.sparkexporter.driver;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** One run of a streaming query, or several ended ones together. Guarded by its owner, but for the counts of its work. */
public final class QueryRun {
  /** More phases, sources and state operators than any query has. */
  private static final int MAX_TOTALS = 2000;
  private static final int MAX_EXCEPTION_LENGTH = 500;

  final String id;
  final String runId;
  String name;
  /** Unix seconds. */
  double started;
  /** NaN while it is active. */
  double terminated = Double.NaN;
  /** Since when it has found nothing to do; NaN if it has something. */
  double idle = Double.NaN;
  String exception;
  /** How many runs were stopped, and how many ended by an exception. */
  long stopped;

  long failed;
  /** Jobs of it that run, and attempts at tasks that have ended. */
  final AtomicInteger jobs = new AtomicInteger();

  final LongAdder tasks = new LongAdder();
  final Map<String, Double> totals = new LinkedHashMap<>();
  /** The last one, or null. */
  QueryProgress progress;
  /** Sequence of the store at which the last progress came. */
  long progressedAt;

  QueryRun(String id, String runId, String name, double started) {
    this.id = id;
    this.runId = runId;
    this.name = name;
    this.started = started;
  }

  boolean isActive() {
    return Double.isNaN(terminated);
  }

  /** Adds to a total of the run. */
  public void add(String total, double amount) {
    if (totals.containsKey(total) || totals.size() < MAX_TOTALS) {
      totals.merge(total, amount, Double::sum);
    }
  }

  /** Takes in an earlier run that nobody lists any more. */
  void absorb(QueryRun earlier, long now) {
    earlier.totals.forEach(this::add);
    stopped += earlier.stopped;
    failed += earlier.failed;
    tasks.add(earlier.tasks.sum());
    if (progress == null) {
      // It says what the parts are called that the totals are about.
      progress = earlier.progress;
      progressedAt = now;
    }
  }

  void end(double time, String why) {
    terminated = time;
    idle = Double.NaN;
    if (why == null) {
      stopped++;
    } else {
      failed++;
      String line = why.trim().split("[\\r\\n]", 2)[0];
      exception = line.length() <= MAX_EXCEPTION_LENGTH ? line : line.substring(0, MAX_EXCEPTION_LENGTH) + "...";
    }
  }
}
