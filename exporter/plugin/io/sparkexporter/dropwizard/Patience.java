package io.sparkexporter.dropwizard;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Reads registries on another thread and waits for it a little: their gauges are other people's code, and one that hangs
 * must not hold up the reports. Used by the sampling thread alone.
 */
final class Patience {
  private static final long WAIT_MILLIS = 200;
  private static final long HUNG_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long IDLE_SECONDS = 10;
  /** Threads that hang cannot be ended, so there must not be many. */
  private static final int MAX_ABANDONED = 3;

  private final Consumer<String> warnings;
  private final List<ThreadPoolExecutor> abandoned = new ArrayList<>();
  private ThreadPoolExecutor thread = newThread();
  private List<WatchedRegistry> inWork = new ArrayList<>();
  private Future<?> work;
  private long startedAt;

  Patience(Consumer<String> warnings) {
    this.warnings = warnings;
  }

  private static ThreadPoolExecutor newThread() {
    ThreadPoolExecutor made =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(1),
            runnable -> {
              Thread daemon = new Thread(runnable, "spark-exporter-readings");
              daemon.setDaemon(true);
              return daemon;
            });
    // So that it ends by itself when nobody samples any more.
    made.allowCoreThreadTimeOut(true);
    return made;
  }

  /** Reads those that are due; what does not answer soon keeps its last values for now. */
  void read(List<WatchedRegistry> registries) {
    if (work != null && !work.isDone() && System.nanoTime() - startedAt > HUNG_NANOS) {
      abandon();
    }
    if (thread == null && !isRoom()) {
      return;
    }
    if (work == null || work.isDone()) {
      start(registries);
    }
    await();
  }

  /** Makes a thread if one of those that hung does not any more. */
  private boolean isRoom() {
    abandoned.removeIf(ThreadPoolExecutor::isTerminated);
    thread = abandoned.size() < MAX_ABANDONED ? newThread() : null;
    return thread != null;
  }

  private void start(List<WatchedRegistry> registries) {
    List<WatchedRegistry> due = new ArrayList<>();
    for (WatchedRegistry one : registries) {
      if (one.isDue()) {
        due.add(one);
      }
    }
    inWork = due;
    startedAt = System.nanoTime();
    work =
        thread.submit(
            () -> {
              for (WatchedRegistry one : due) {
                if (!Thread.currentThread().isInterrupted()) {
                  one.read();
                }
              }
            });
  }

  private void await() {
    try {
      work.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException slow) {
      // The next sample will find what is still missing now.
    } catch (ExecutionException failure) {
      throw new IllegalStateException("a registry of metrics cannot be read", failure.getCause());
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }

  private void abandon() {
    thread.shutdownNow();
    inWork.forEach(WatchedRegistry::abandon);
    work = null;
    abandoned.add(thread);
    if (!isRoom()) {
      warnings.accept("metric sources hang; Spark's metrics are not read as long as " + MAX_ABANDONED + " of them do");
    }
  }
}
