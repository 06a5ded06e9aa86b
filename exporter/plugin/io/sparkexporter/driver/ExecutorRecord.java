package io.sparkexporter.driver;

import io.sparkexporter.report.Report;
import io.sparkexporter.report.Stats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the driver knows of one executor, live or removed. Guarded by its owner. */
final class ExecutorRecord {
  /** A report takes no longer than this from its sample to the driver. */
  private static final double SETTLED_SECONDS = 1;

  final String id;
  String host = "";
  double added;
  /** NaN while it is live. */
  double removed = Double.NaN;
  String reason;
  /** Arrival of the last report; NaN before the first one. */
  double reported = Double.NaN;
  long reports;
  long tasksReported;
  Stats stats = Stats.NONE;
  /** Sequence of the store at which something of it changed. */
  long changedAt;
  /** Sequence of the store at which one of its readings changed. */
  long readingsChangedAt;

  final ExecutorReadings readings = new ExecutorReadings();

  private long session;
  private boolean hasSession;
  private final Set<Long> formerSessions = new HashSet<>();
  private long acknowledged;
  private final List<Integer> metrics = new ArrayList<>();
  /** Places in the catalogue, in the order of the session. */
  private final List<Integer> series = new ArrayList<>();
  private final List<double[]> values = new ArrayList<>();

  private long tasksSeen;
  private double taskSeenAt;
  private long neverReported;

  ExecutorRecord(String id, double added) {
    this.id = id;
    this.added = added;
  }

  boolean isLive() {
    return Double.isNaN(removed);
  }

  /** Whether the report comes from an instance of the plugin that has been replaced. */
  boolean isOutdated(Report report) {
    return formerSessions.contains(report.session);
  }

  /** Whether the report comes from another instance of the plugin than the ones before. */
  boolean isNewSession(Report report) {
    return hasSession && session != report.session;
  }

  /** Forgets the values of the former session, which the catalogue must have kept. */
  void restart() {
    formerSessions.add(session);
    hasSession = false;
    acknowledged = 0;
    tasksReported = 0;
    tasksSeen = 0;
    neverReported = 0;
    metrics.clear();
    series.clear();
    values.clear();
    readings.restart();
  }

  /** Begins or continues the session of a report. Returns whether the report is a new one and can be understood. */
  boolean follows(Report report) {
    session = report.session;
    hasSession = true;
    return report.sequence > acknowledged
        && report.metricsBase <= metrics.size()
        && report.seriesBase <= series.size()
        && report.readingsBase <= readings.known();
  }

  /** Takes in a report that {@link #follows}. Returns whether that changed the value of any series. */
  boolean apply(Report report, Catalogue catalogue, double now) {
    boolean changed = reports == 0;
    acknowledged = report.sequence;
    define(report, catalogue);
    for (int i = 0; i < report.values.length; i++) {
      changed |= set(report.valueSeries[i], report.values[i], catalogue);
    }
    reports++;
    reported = now;
    stats = report.stats;
    tasksReported = report.tasksEnded;
    if (now - taskSeenAt > SETTLED_SECONDS) {
      // Tasks that the executor still does not know of never reached it.
      neverReported = Math.max(0, tasksSeen - tasksReported);
    }
    return changed;
  }

  private void define(Report report, Catalogue catalogue) {
    for (int i = metrics.size() - report.metricsBase; i < report.metrics.size(); i++) {
      metrics.add(catalogue.metric(report.metrics.get(i)));
    }
    for (int i = series.size() - report.seriesBase; i < report.series.size(); i++) {
      Report.SeriesKey key = report.series.get(i);
      boolean known = key.metric >= 0 && key.metric < metrics.size();
      int metric = known ? metrics.get(key.metric) : Catalogue.DROPPED;
      series.add(catalogue.series(metric, key.labelValues));
      values.add(null);
    }
  }

  private boolean set(int place, double[] cells, Catalogue catalogue) {
    if (place < 0 || place >= series.size() || series.get(place) == Catalogue.DROPPED) {
      return false;
    }
    if (cells.length != catalogue.definition(series.get(place)).cells() || Arrays.equals(values.get(place), cells)) {
      return false;
    }
    values.set(place, cells);
    return true;
  }

  long session() {
    return session;
  }

  long acknowledged() {
    return acknowledged;
  }

  int metricsKnown() {
    return metrics.size();
  }

  int seriesKnown() {
    return series.size();
  }

  /** Calls the consumer with the place in the catalogue and the cells of each series that has values. */
  void eachSeries(SeriesConsumer consumer) {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) != null) {
        consumer.accept(series.get(i), values.get(i));
      }
    }
  }

  /** Takes one series. */
  interface SeriesConsumer {
    void accept(int place, double[] cells);
  }

  void taskSeen(double now) {
    tasksSeen++;
    taskSeenAt = now;
  }

  /** Whether tasks have ended there whose values are not here yet. */
  boolean owesReport() {
    return isLive() && reports > 0 && tasksSeen - neverReported > tasksReported;
  }
}
