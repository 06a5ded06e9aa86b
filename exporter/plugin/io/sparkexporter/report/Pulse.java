package io.sparkexporter.report;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** A daemon thread that does its work every interval, and soon after a nudge. */
public final class Pulse {
  private final Runnable work;
  private volatile long interval;
  private final AtomicBoolean nudged = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private volatile long gap;
  private volatile boolean stopping;

  /**
   * Makes the thread without starting it.
   *
   * @param work must not throw
   * @param gapMillis the least time from the start of one run to the start of one that a nudge asked for
   */
  public Pulse(String name, Runnable work, long intervalMillis, long gapMillis) {
    this.work = work;
    this.interval = TimeUnit.MILLISECONDS.toNanos(intervalMillis);
    this.gap = TimeUnit.MILLISECONDS.toNanos(gapMillis);
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  /** Starts with a first run at once. */
  public void start() {
    thread.start();
  }

  /** Asks for a run soon. Costs next to nothing, so a task's thread may call it. */
  public void nudge() {
    if (!nudged.get() && nudged.compareAndSet(false, true)) {
      LockSupport.unpark(thread);
    }
  }

  /** Sets the least time between two runs. */
  public void setGapMillis(long gapMillis) {
    gap = TimeUnit.MILLISECONDS.toNanos(gapMillis);
  }

  /** Sets the time from one run to the next; counts for the present one, too. */
  public void setIntervalMillis(long intervalMillis) {
    interval = TimeUnit.MILLISECONDS.toNanos(intervalMillis);
    LockSupport.unpark(thread);
  }

  /** Ends the thread after one last run, for which it waits at most this long. */
  public void stop(long patienceMillis) {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      ended.await(patienceMillis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException impatient) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!stopping) {
        nudged.set(false);
        long start = System.nanoTime();
        work.run();
        pause(start);
      }
      work.run();
    } finally {
      ended.countDown();
    }
  }

  private void pause(long start) {
    while (!stopping) {
      long wait = nudged.get() ? Math.min(gap, interval) : interval;
      long left = start + wait - System.nanoTime();
      if (left <= 0) {
        return;
      }
      // An interrupt would make parking return at once, for ever.
      Thread.interrupted();
      LockSupport.parkNanos(this, left);
    }
  }
}
