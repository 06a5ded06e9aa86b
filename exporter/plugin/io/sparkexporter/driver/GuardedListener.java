package io.sparkexporter.driver;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * Hands events on to listeners of ours, and lets nothing out of them.
 *
 * <p>Spark logs a listener's exception, but an error, such as that of a method which another version lacks, makes it stop
 * the application.
 */
public final class GuardedListener extends SparkListener {
  private final SparkListener[] listeners;
  private final BiConsumer<String, Throwable> warnings;

  /** Hands on to these, in this order. */
  public GuardedListener(BiConsumer<String, Throwable> warnings, SparkListener... listeners) {
    this.listeners = listeners;
    this.warnings = warnings;
  }

  private void each(Consumer<SparkListener> event) {
    for (SparkListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (Throwable failure) {
        warnings.accept("an event of Spark was not understood; totals may lack it", failure);
      }
    }
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    each(listener -> listener.onTaskStart(event));
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    each(listener -> listener.onTaskEnd(event));
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    each(listener -> listener.onJobStart(event));
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    each(listener -> listener.onJobEnd(event));
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    each(listener -> listener.onStageSubmitted(event));
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted event) {
    each(listener -> listener.onStageCompleted(event));
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    each(listener -> listener.onExecutorAdded(event));
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    each(listener -> listener.onExecutorRemoved(event));
  }

  @Override
  public void onApplicationEnd(SparkListenerApplicationEnd event) {
    each(listener -> listener.onApplicationEnd(event));
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    each(listener -> listener.onOtherEvent(event));
  }
}
