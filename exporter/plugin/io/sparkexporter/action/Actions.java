package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.message.Deadlines;
import io.sparkexporter.report.Reporter;
import org.apache.spark.SparkContext;

/** Does what the built-in events ask for, in one JVM. */
public final class Actions {
  private final SparkContext context;
  private final Reporter reporter;
  private final Deadlines deadlines;
  /** Of a type that is known here only when it is first needed, for Log4j may not be there. */
  private Object logLevels;

  /**
   * Makes the actions of a JVM.
   *
   * @param context null in an executor, which gets no events that need it
   */
  public Actions(SparkContext context, Reporter reporter, Deadlines deadlines) {
    this.context = context;
    this.reporter = reporter;
    this.deadlines = deadlines;
  }

  /** Handles a built-in event; returns its result as JSON. */
  String run(Event event) throws Exception {
    return Bounded.call(() -> dispatch(event));
  }

  private String dispatch(Event event) throws Exception {
    switch (event.type()) {
      case "log-level":
        return logLevels().set(event);
      case "report-interval":
        return ReportInterval.set(event, reporter);
      case "gc":
        return Gc.run(event);
      case "sql-conf":
        return SqlConf.set(event);
      case "uncache":
        return Uncache.run(event);
      case "cancel":
        return Cancel.run(event, context);
      case "stop-query":
        return StopQuery.run(event);
      default:
        throw new EventFailed("this version of the plugin does not know " + event.type());
    }
  }

  private synchronized LogLevels logLevels() {
    if (logLevels == null) {
      logLevels = new LogLevels(deadlines);
    }
    return (LogLevels) logLevels;
  }
}
