package io.sparkexporter.driver;

import io.sparkexporter.control.ControlSnapshot;
import io.sparkexporter.model.Definition;
import io.sparkexporter.report.Stats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one client gets to see: a consistent state of the application. Nobody changes it once it is made. */
public final class Snapshot {
  String boot;
  long sequence;
  boolean last;
  double time;
  /** Whether no executor has registered yet; true in local mode, too, until it has. */
  boolean alone;
  /** Whether a job runs. */
  boolean busy;
  /** How the application would end now; null if that is not known. */
  String outcome;
  int metricsBase;
  int seriesBase;
  /** Those that the client does not hold. */
  List<Definition> metrics;
  /** Those that the client does not hold. */
  List<Catalogue.Total> series;
  /** The cells of all series. */
  double[][] totals;
  int readingsBase;
  /** Names that the client does not hold. */
  List<String> readings;
  final PlacedReadings applicationReadings = new PlacedReadings();
  final List<Query> queries = new ArrayList<>();
  /** Null if the client has them, or there are none. */
  List<OperatorTotals.Row> operators;
  /** Null if nothing can come from outside. */
  ControlSnapshot control;
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
    /** Version of the live configuration that it holds; -1 if there is none, or it is not live. */
    long configVersion;
    /** Places of its series; null if nothing of it has changed. */
    List<Integer> series;
    /** Their cells. */
    List<double[]> values;
    /** All that it has; null if none of them has changed. */
    PlacedReadings readings;

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

  /** What is shown of one run of a streaming query. */
  static final class Query {
    final String id;
    final String runId;
    final String name;
    final double started;
    final double terminated;
    final double idle;
    final String exception;
    final long stopped;
    final long failed;
    final int jobs;
    final long tasks;
    final Map<String, Double> totals;
    /** Null if the client has it, or there is none. */
    final QueryProgress progress;

    Query(QueryRun run, long after) {
      id = run.id;
      runId = run.runId;
      name = run.name;
      started = run.started;
      terminated = run.terminated;
      idle = run.idle;
      exception = run.exception;
      stopped = run.stopped;
      failed = run.failed;
      jobs = run.jobs.get();
      tasks = run.tasks.sum();
      totals = new LinkedHashMap<>(run.totals);
      progress = run.progressedAt > after ? run.progress : null;
    }
  }
}
