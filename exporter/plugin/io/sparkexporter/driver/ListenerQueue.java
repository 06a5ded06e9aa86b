package io.sparkexporter.driver;

import io.sparkexporter.jvm.Warnings;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;

/** The queue of events that is ours alone, so that a slow listener of somebody else does not hold us up. */
final class ListenerQueue {
  private static final String NAME = "sparkExporter";

  private final SparkContext context;
  private final Warnings warnings;

  ListenerQueue(SparkContext context, Warnings warnings) {
    this.context = context;
    this.warnings = warnings;
  }

  void add(SparkListener listener) {
    try {
      context.listenerBus().addToQueue(listener, NAME);
    } catch (RuntimeException | LinkageError changed) {
      warnings.accept("no listener queue of its own; sharing Spark's", changed);
      context.addSparkListener(listener);
    }
  }

  /**
   * Waits, at most this long, until everything has been heard that Spark has said.
   *
   * <p>Spark itself is about to wait for the same thing without any limit, or has done so, so nothing is delayed.
   */
  void drain(long millis) {
    try {
      context.listenerBus().waitUntilEmpty(millis);
    } catch (TimeoutException slow) {
      warnings.accept("Spark's events are behind; the last totals may lack some");
    } catch (RuntimeException | LinkageError changed) {
      warnings.accept("it cannot be told whether all of Spark's events were heard", changed);
    }
  }
}
