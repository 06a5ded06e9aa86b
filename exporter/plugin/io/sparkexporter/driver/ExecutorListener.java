package io.sparkexporter.driver;

import io.sparkexporter.jvm.Warnings;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Tells the store what Spark says about executors. */
final class ExecutorListener extends SparkListener {
  private static final String QUEUE = "sparkExporter";

  private final ApplicationStore store;

  ExecutorListener(ApplicationStore store) {
    this.store = store;
  }

  /** Listens on a queue of its own, so that a slow listener of somebody else does not hold this one up. */
  void listenTo(SparkContext context, Warnings warnings) {
    try {
      context.listenerBus().addToQueue(this, QUEUE);
    } catch (RuntimeException | LinkageError changed) {
      warnings.accept("no listener queue of its own; sharing Spark's", changed);
      context.addSparkListener(this);
    }
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    store.executorAdded(event.executorId(), event.executorInfo().executorHost(), event.time() / 1e3);
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    store.executorRemoved(event.executorId(), event.reason(), event.time() / 1e3);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    if (event.taskInfo() != null) {
      store.taskEnded(event.taskInfo().executorId());
    }
  }
}
