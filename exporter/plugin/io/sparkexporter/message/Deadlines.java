package io.sparkexporter.message;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Calls back when a time is over, on one daemon thread that is there only while somebody waits. */
public final class Deadlines {
  private static final long IDLE_SECONDS = 30;

  private final ScheduledThreadPoolExecutor timer;

  /** Makes it; the thread starts with the first deadline. */
  public Deadlines() {
    timer =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "spark-exporter-deadlines");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
    timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
  }

  /** Runs something short later, unless cancelled. What it throws is lost. */
  public ScheduledFuture<?> after(long millis, Runnable work) {
    return timer.schedule(work, Math.max(0, millis), TimeUnit.MILLISECONDS);
  }

  /** Ends it; what was to come never comes. */
  public void stop() {
    timer.shutdownNow();
  }
}
