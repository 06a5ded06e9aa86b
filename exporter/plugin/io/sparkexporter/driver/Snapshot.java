package io.sparkexporter.driver;

import io.sparkexporter.model.Definition;
import io.sparkexporter.report.Stats;
import java.util.ArrayList;
import java.util.List;

/** What one client gets to see: a consistent state of the application. Nobody changes it once it is made. */
public final class Snapshot {
  String boot;
  long sequence;
  boolean last;
  double time;
  int metricsBase;
  int seriesBase;
  /** Those that the client does not hold. */
  List<Definition> metrics;
  /** Those that the client does not hold. */
  List<Catalogue.Total> series;
  /** The cells of all series. */
  double[][] totals;
  final List<Executor> executors = new ArrayList<>();

  Snapshot() {}

  /** What is shown of one executor. */
  static final class Executor {
    final String id;
    final String host;
    final double added;
    final double removed;
    final String reason;
    final double reported;
    final long reports;
    final long tasksEnded;
    final Stats stats;
    /** Places of its series; null if nothing of it has changed. */
    List<Integer> series;
    /** Their cells. */
    List<double[]> values;

    Executor(ExecutorRecord record) {
      id = record.id;
      host = record.host;
      added = record.added;
      removed = record.removed;
      reason = record.reason;
      reported = record.reported;
      reports = record.reports;
      tasksEnded = record.tasksReported;
      stats = record.stats;
    }

    void addValues(ExecutorRecord record) {
      series = new ArrayList<>();
      values = new ArrayList<>();
      record.eachSeries(
          (place, cells) -> {
            series.add(place);
            values.add(cells);
          });
    }
  }
}
