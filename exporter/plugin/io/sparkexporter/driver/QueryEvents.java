package io.sparkexporter.driver;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.streaming.SourceProgress;
import org.apache.spark.sql.streaming.StateOperatorProgress;
import org.apache.spark.sql.streaming.StreamingQueryListener;
import org.apache.spark.sql.streaming.StreamingQueryProgress;

/** Takes in what streaming queries do. Needs Spark SQL. */
final class QueryEvents {
  private final ApplicationStore store;

  QueryEvents(ApplicationStore store) {
    this.store = store;
  }

  void on(SparkListenerEvent event) {
    if (event instanceof StreamingQueryListener.QueryStartedEvent) {
      StreamingQueryListener.QueryStartedEvent started = (StreamingQueryListener.QueryStartedEvent) event;
      store.queryStarted(text(started.id()), text(started.runId()), started.name(), time(started.timestamp()));
    } else if (event instanceof StreamingQueryListener.QueryProgressEvent) {
      progress(((StreamingQueryListener.QueryProgressEvent) event).progress());
    } else if (event instanceof StreamingQueryListener.QueryIdleEvent) {
      StreamingQueryListener.QueryIdleEvent idle = (StreamingQueryListener.QueryIdleEvent) event;
      store.queryIdle(text(idle.id()), text(idle.runId()), time(idle.timestamp()));
    } else if (event instanceof StreamingQueryListener.QueryTerminatedEvent) {
      StreamingQueryListener.QueryTerminatedEvent ended = (StreamingQueryListener.QueryTerminatedEvent) event;
      String exception = ended.exception().isDefined() ? ended.exception().get() : null;
      store.queryEnded(text(ended.id()), text(ended.runId()), exception);
    }
  }

  private void progress(StreamingQueryProgress progress) {
    store.queryProgressed(
        text(progress.id()),
        text(progress.runId()),
        progress.name(),
        time(progress.timestamp()),
        progress::json,
        run -> addUp(progress, run));
  }

  private static void addUp(StreamingQueryProgress progress, QueryRun run) {
    run.add("batches", 1);
    run.add("input_rows", progress.numInputRows());
    // A sink that cannot tell says -1.
    if (progress.sink() != null && progress.sink().numOutputRows() >= 0) {
      run.add("output_rows", progress.sink().numOutputRows());
    }
    for (Map.Entry<String, Long> phase : progress.durationMs().entrySet()) {
      run.add("duration_ms." + phase.getKey(), phase.getValue());
    }
    SourceProgress[] sources = progress.sources();
    for (int i = 0; i < sources.length; i++) {
      run.add("source." + i + ".input_rows", sources[i].numInputRows());
    }
    StateOperatorProgress[] operators = progress.stateOperators();
    for (int i = 0; i < operators.length; i++) {
      addUp(operators[i], "state." + i + ".", run);
    }
  }

  private static void addUp(StateOperatorProgress operator, String prefix, QueryRun run) {
    run.add(prefix + "rows_updated", operator.numRowsUpdated());
    run.add(prefix + "rows_removed", operator.numRowsRemoved());
    run.add(prefix + "rows_dropped_by_watermark", operator.numRowsDroppedByWatermark());
    run.add(prefix + "commit_ms", operator.commitTimeMs());
    run.add(prefix + "updates_ms", operator.allUpdatesTimeMs());
    run.add(prefix + "removals_ms", operator.allRemovalsTimeMs());
  }

  private static String text(Object id) {
    return String.valueOf(id);
  }

  /** Returns Unix seconds; NaN for a text that is no time. */
  private static double time(String timestamp) {
    try {
      return Instant.parse(timestamp).toEpochMilli() / 1e3;
    } catch (DateTimeException | NullPointerException other) {
      return Double.NaN;
    }
  }
}
