package io.sparkexporter.driver;

import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.control.DriverControl;
import io.sparkexporter.model.Drops;
import io.sparkexporter.report.Reply;
import io.sparkexporter.report.Report;
import io.sparkexporter.report.ReportReader;
import io.sparkexporter.report.Reporter;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** The values of the whole application, executors that are gone included. Thread-safe. */
public final class ApplicationStore {
  /** Of a thousand executors, each may report every two seconds. */
  private static final int GAP_MILLIS_PER_EXECUTOR = 2;

  private final String boot;
  private final DoubleSupplier clock;
  private final Catalogue catalogue;
  private final ExecutorRecords executors;
  private final Drops drops;
  private final ReadingNames readingNames;
  private final Queries queries;
  private final ApplicationTotals sums = new ApplicationTotals();
  private final OperatorTotals operators;
  private final SqlExecutions sql;
  private final Outcome outcome = new Outcome();
  private long sequence = 1;
  private long operatorsChangedAt;
  /** Null if nothing can come from outside. */
  private DriverControl control;
  private boolean finished;

  /**
   * Makes an empty store.
   *
   * @param boot what tells this driver from another one
   * @param clock Unix time in seconds
   */
  public ApplicationStore(String boot, Settings settings, Drops drops, DoubleSupplier clock) {
    this.boot = boot;
    this.clock = clock;
    this.drops = drops;
    this.readingNames = new ReadingNames(drops);
    this.queries = new Queries(settings.integer(Setting.RETAINED_QUERIES), drops);
    this.operators = new OperatorTotals(drops);
    this.sql = new SqlExecutions(sums, operators, drops, this::operatorsChanged);
    this.catalogue = new Catalogue(settings.integer(Setting.MAX_APPLICATION_SERIES), drops);
    this.executors =
        new ExecutorRecords(
            catalogue,
            settings.integer(Setting.RETAINED_EXECUTORS),
            settings.millis(Setting.RETAINED_EXECUTORS_TIME) / 1e3);
  }

  /** Lets this take part in reports and snapshots. */
  public synchronized void steerBy(DriverControl fromOutside) {
    control = fromOutside;
  }

  /**
   * Takes a report in and returns the reply.
   *
   * @throws IOException if the bytes are not a report
   */
  public synchronized byte[] receive(byte[] message) throws IOException {
    Report report = ReportReader.read(message);
    ExecutorRecord record = executors.reporting(report, clock.getAsDouble());
    if (record == null) {
      // Whatever it holds is in the totals already, so the sender need not say it again.
      int metrics = report.metricsBase + report.metrics.size();
      int series = report.seriesBase + report.series.size();
      int readings = report.readingsBase + report.readingNames.size();
      return new Reply(report.session, report.sequence, metrics, series, readings, gapMillis()).toBytes();
    }
    if (record.follows(report)) {
      if (record.apply(report, catalogue, clock.getAsDouble())) {
        changed(record);
      }
      if (record.readings.apply(report, readingNames)) {
        record.readingsChangedAt = ++sequence;
      }
    }
    notifyAll();
    return new Reply(
            report.session,
            record.acknowledged(),
            record.metricsKnown(),
            record.seriesKnown(),
            record.readings.known(),
            gapMillis())
        .with(control == null ? null : control.received(report))
        .toBytes();
  }

  private int gapMillis() {
    return Math.max(Reporter.GAP_MILLIS, GAP_MILLIS_PER_EXECUTOR * executors.live());
  }

  private void changed(ExecutorRecord record) {
    record.changedAt = ++sequence;
    executors.changed();
  }

  /** Notes that Spark has added an executor. */
  public synchronized void executorAdded(String id, String host, double time) {
    if (control != null) {
      control.executorAdded(id);
    }
    changed(executors.add(id, host, time));
    notifyAll();
  }

  /** Notes that Spark has removed an executor; it stays visible for a while, its counts for ever. */
  public synchronized void executorRemoved(String id, String reason, double time) {
    if (control != null) {
      control.executorRemoved(id, reason);
    }
    ExecutorRecord record = executors.remove(id, reason, time);
    if (record != null) {
      changed(record);
      forgetOld();
      notifyAll();
    }
  }

  private void forgetOld() {
    if (executors.forgetOld(clock.getAsDouble())) {
      somethingChanged();
    }
  }

  /** Notes that something is new which belongs to no executor. */
  public synchronized void somethingChanged() {
    sequence++;
    notifyAll();
  }

  /** What all tasks, jobs and stages add up to. */
  public ApplicationTotals sums() {
    return sums;
  }

  /** The SQL executions of all sessions. */
  public SqlExecutions sql() {
    return sql;
  }

  private synchronized void operatorsChanged() {
    somethingChanged();
    operatorsChangedAt = sequence;
  }

  /** How the application would end now. */
  public Outcome outcome() {
    return outcome;
  }

  /** Notes that a streaming query has started; the time is in Unix seconds. */
  public synchronized void queryStarted(String id, String runId, String name, double time) {
    queries.run(id, runId, name, time);
    somethingChanged();
  }

  /**
   * Notes the progress of a streaming query.
   *
   * @param json gives Spark's own text of it, on another thread
   * @param addUp adds it to the totals of the run
   */
  public synchronized void queryProgressed(
      String id, String runId, String name, double time, Supplier<String> json, Consumer<QueryRun> addUp) {
    QueryRun run = queries.run(id, runId, name, time);
    addUp.accept(run);
    run.progress = new QueryProgress(json, drops);
    run.idle = Double.NaN;
    somethingChanged();
    run.progressedAt = sequence;
  }

  /** Notes that a streaming query has found nothing to do. */
  public synchronized void queryIdle(String id, String runId, double time) {
    QueryRun run = queries.run(id, runId, null, time);
    run.idle = Double.isNaN(run.idle) ? time : run.idle;
    somethingChanged();
  }

  /** Returns the active run of a streaming query, or null. */
  public synchronized QueryRun activeQuery(String id) {
    return queries.active(id);
  }

  /** Notes that a streaming query has ended; the exception is null if it was stopped. */
  public synchronized void queryEnded(String id, String runId, String exception) {
    double now = clock.getAsDouble();
    somethingChanged();
    queries.end(queries.run(id, runId, null, now), now, exception, sequence);
    outcome.queryEnded(exception != null);
  }

  /** Notes that Spark says a task has ended on an executor. */
  public synchronized void taskEnded(String id) {
    ExecutorRecord record = executors.get(id);
    if (record != null) {
      record.taskSeen(clock.getAsDouble());
    }
  }

  /** Waits, at most this long, until no live executor owes a report of tasks that have ended. */
  public synchronized void awaitReports(long millis) throws InterruptedException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    while (executors.all().stream().anyMatch(ExecutorRecord::owesReport)) {
      if (!await(deadline)) {
        return;
      }
    }
  }

  /** Waits, at most this long, for something newer than {@code after}, or the end. */
  public synchronized void awaitNewer(long after, long millis) throws InterruptedException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    while (sequence <= after && !finished && await(deadline)) {
      // Something happened; see whether it was this.
    }
  }

  /** Waits this long, or until the end. */
  public synchronized void awaitEnd(long millis) throws InterruptedException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    while (!finished && await(deadline)) {
      // Something else happened.
    }
  }

  /** Returns false if the time was over already. */
  private boolean await(long deadline) throws InterruptedException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      return false;
    }
    wait(left / 1_000_000, (int) (left % 1_000_000));
    return true;
  }

  /** Notes that there will be nothing new, and lets everybody go who waits. */
  public synchronized void finish() {
    finished = true;
    sequence++;
    notifyAll();
  }

  public synchronized boolean isFinished() {
    return finished;
  }

  /** What tells this driver from another one. */
  public String boot() {
    return boot;
  }

  /**
   * Returns the present state, without what the client holds.
   *
   * @param after sequence of the state that the client has
   * @param metrics how many metrics the client holds
   * @param series how many series the client holds
   * @param readings how many names of readings the client holds
   */
  public synchronized Snapshot snapshot(long after, int metrics, int series, int readings) {
    forgetOld();
    executors.total();
    // A client that holds more than there is has it from somebody else.
    boolean fits =
        metrics <= catalogue.metricCount()
            && series <= catalogue.seriesCount()
            && readings <= readingNames.count()
            && after <= sequence;
    Snapshot snapshot = new Snapshot();
    snapshot.boot = boot;
    snapshot.sequence = sequence;
    snapshot.last = finished;
    snapshot.time = clock.getAsDouble();
    snapshot.metricsBase = fits ? metrics : 0;
    snapshot.seriesBase = fits ? series : 0;
    snapshot.metrics = catalogue.metricsFrom(snapshot.metricsBase);
    snapshot.series = catalogue.seriesFrom(snapshot.seriesBase);
    snapshot.totals = catalogue.totals();
    snapshot.alone = sums.hasNoExecutor();
    snapshot.busy = sums.hasRunningJob();
    snapshot.outcome = outcome.label(finished);
    sums.each((name, total) -> addReading(snapshot, name, total));
    addExecutors(snapshot, fits ? after : 0);
    snapshot.operators = operatorsChangedAt > (fits ? after : 0) ? operators.rows() : null;
    for (QueryRun run : queries.all()) {
      snapshot.queries.add(new Snapshot.Query(run, fits ? after : 0));
    }
    snapshot.control = control == null ? null : control.snapshot();
    snapshot.readingsBase = fits ? readings : 0;
    snapshot.readings = readingNames.from(snapshot.readingsBase);
    return snapshot;
  }

  private void addReading(Snapshot snapshot, String name, long total) {
    int place = readingNames.place(name);
    if (place != ReadingNames.DROPPED) {
      snapshot.applicationReadings.accept(place, total);
    }
  }

  private void addExecutors(Snapshot snapshot, long after) {
    for (ExecutorRecord record : executors.all()) {
      Snapshot.Executor executor = new Snapshot.Executor(record);
      executor.configVersion = control == null ? -1 : control.versionAt(record.id);
      if (record.changedAt > after) {
        executor.addValues(record);
      }
      if (record.readingsChangedAt > after) {
        executor.readings = new PlacedReadings();
        record.readings.each(executor.readings);
      }
      snapshot.executors.add(executor);
    }
  }
}
