package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Answers requests for snapshots. */
final class SnapshotHandler implements Requests.Answerer {
  static final String PATH = "/v1/snapshot";
  /** Answers to a client that follows are at least this far apart, so that many reports make one answer. */
  private static final long GAP_MILLIS = 100;
  /** A client that asked so recently will ask again. */
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(5);
  /** After one client has the end, another one's request may just be arriving. */
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ApplicationStore store;
  private final Supplier<SnapshotWriter> writer;
  private final Waiting waiting;
  private final Object state = new Object();
  private int active;
  private boolean finalDelivered;
  private long finalAt;
  private boolean followed;
  private long followedAt;

  /**
   * Makes a handler.
   *
   * @param writer gives null as long as the application has no id
   * @param maxWaiting how many may wait at the same time
   */
  SnapshotHandler(ApplicationStore store, Supplier<SnapshotWriter> writer, int maxWaiting) {
    this.store = store;
    this.writer = writer;
    this.waiting = new Waiting(maxWaiting);
  }

  @Override
  public void answer(HttpExchange exchange) throws BadRequest, InterruptedException, IOException {
    begin();
    Snapshot delivered = null;
    try {
      Requests.method(exchange, "GET");
      Query query = Query.parse(exchange.getRequestURI().getRawQuery());
      Snapshot snapshot = snapshot(query);
      Requests.send(exchange, 200, writer.get().write(snapshot));
      // Only now is all of it on its way.
      exchange.close();
      // Nobody else comes back, so the application's end need not wait for him.
      delivered = query.follows() ? snapshot : null;
    } finally {
      end(delivered);
    }
  }

  private Snapshot snapshot(Query query) throws BadRequest, InterruptedException {
    long after = query.after();
    int metrics = query.held("metrics");
    int series = query.held("series");
    int readings = query.held("readings");
    long millis = query.millis("wait");
    long gap = query.millis("gap");
    if (writer.get() == null) {
      throw new BadRequest(503, Requests.STARTING);
    }
    if (!query.boot().equals(store.boot())) {
      return store.snapshot(0, 0, 0, 0);
    }
    if (millis > 0) {
      waiting.during("with wait=0", () -> await(after, millis, gap));
    }
    return store.snapshot(after, metrics, series, readings);
  }

  private Void await(long after, long millis, long leastMillis) throws InterruptedException {
    long gap = Math.max(leastMillis, Math.min(GAP_MILLIS, millis));
    store.awaitEnd(gap);
    store.awaitNewer(after, Math.max(0, millis - gap));
    return null;
  }

  private void begin() {
    synchronized (state) {
      active++;
    }
  }

  private void end(Snapshot delivered) {
    synchronized (state) {
      active--;
      if (delivered != null) {
        followed = true;
        followedAt = System.nanoTime();
        if (delivered.last && !finalDelivered) {
          finalDelivered = true;
          finalAt = followedAt;
        }
      }
      state.notifyAll();
    }
  }

  /** Waits, at most this long, until those who follow the application have its last state. */
  void awaitDelivery(long millis) throws InterruptedException {
    long start = System.nanoTime();
    long deadline = start + TimeUnit.MILLISECONDS.toNanos(millis);
    synchronized (state) {
      while (active > 0 || followed && start - followedAt < RECENT_NANOS) {
        long now = System.nanoTime();
        long until = deadline;
        if (active == 0 && finalDelivered) {
          until = Math.min(deadline, finalAt + QUIET_NANOS);
        }
        if (until - now <= 0) {
          return;
        }
        TimeUnit.NANOSECONDS.timedWait(state, until - now);
      }
    }
  }
}
