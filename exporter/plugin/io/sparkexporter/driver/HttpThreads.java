package io.sparkexporter.driver;

import java.io.InterruptedIOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of the driver's HTTP server, none of which waits for its client for long. The JDK has limits for that, but only as
 * properties of the whole JVM, which is not ours. An interrupt closes the connection that a thread reads from or writes to.
 */
final class HttpThreads extends ThreadPoolExecutor {
  private static final int QUEUE = 256;
  private static final long CHECK_MILLIS = 500;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  /** While others wait for a thread. */
  private static final long IMPATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Set<Worker> busy = ConcurrentHashMap.newKeySet();

  /** A thread, and since when it waits for its client. */
  private static final class Worker extends Thread {
    private final Object lock = new Object();
    private boolean waits;
    private boolean isGivenUp;
    private long since;

    Worker(Runnable work) {
      super(work, "spark-exporter-http");
      setDaemon(true);
    }

    void client() {
      synchronized (lock) {
        waits = true;
        since = System.nanoTime();
      }
    }

    void own() throws InterruptedIOException {
      synchronized (lock) {
        waits = false;
        if (isGivenUp) {
          throw new InterruptedIOException("the client took too long");
        }
      }
    }

    void giveUp(long patienceNanos) {
      synchronized (lock) {
        if (waits && System.nanoTime() - since > patienceNanos) {
          waits = false;
          isGivenUp = true;
          interrupt();
        }
      }
    }

    /** Leaves nothing behind for the next request. */
    void done() {
      synchronized (lock) {
        waits = false;
        isGivenUp = false;
        Thread.interrupted();
      }
    }
  }

  /** Makes threads when there is something to do. */
  HttpThreads(int count) {
    super(count, count, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE), Worker::new);
    allowCoreThreadTimeOut(true);
  }

  /** Looks after them until they end. */
  void watch() {
    Thread watcher = new Thread(this::check, "spark-exporter-http-watch");
    watcher.setDaemon(true);
    watcher.start();
  }

  private void check() {
    try {
      while (!awaitTermination(CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
        long patience = getQueue().isEmpty() ? PATIENCE_NANOS : IMPATIENCE_NANOS;
        busy.forEach(worker -> worker.giveUp(patience));
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  protected void beforeExecute(Thread thread, Runnable work) {
    Worker worker = (Worker) thread;
    // The server reads the request's line and headers before it calls a handler.
    worker.client();
    busy.add(worker);
  }

  @Override
  protected void afterExecute(Runnable work, Throwable failure) {
    Worker worker = (Worker) Thread.currentThread();
    busy.remove(worker);
    worker.done();
  }

  /** From now on this thread waits for what its client sends or takes, or is through with the request. */
  static void clientsTurn() {
    ((Worker) Thread.currentThread()).client();
  }

  /**
   * From now on this thread works, or waits for something else, which may take its time.
   *
   * @throws InterruptedIOException if the client took so long that there is no connection any more
   */
  static void ownTurn() throws InterruptedIOException {
    ((Worker) Thread.currentThread()).own();
  }
}
