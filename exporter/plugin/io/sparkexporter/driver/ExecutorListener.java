package io.sparkexporter.driver;

import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Tells the store what Spark says about executors. */
final class ExecutorListener extends SparkListener {
  private final ApplicationStore store;

  ExecutorListener(ApplicationStore store) {
    this.store = store;
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
