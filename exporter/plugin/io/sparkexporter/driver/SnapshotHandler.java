package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Answers requests for snapshots. */
final class SnapshotHandler implements HttpHandler {
  static final String PATH = "/v1/snapshot";
  /** Answers to a client that follows are at least this far apart, so that many reports make one answer. */
  private static final long GAP_MILLIS = 100;
  /** A client that asked so recently will ask again. */
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(5);
  /** After one client has the end, another one's request may just be arriving. */
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ApplicationStore store;
  private final Supplier<SnapshotWriter> writer;
  private final byte[] expected;
  private final Semaphore waiting;
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
   * @param token what clients must send; empty if they need none
   * @param maxWaiting how many may wait at the same time
   */
  SnapshotHandler(ApplicationStore store, Supplier<SnapshotWriter> writer, String token, int maxWaiting) {
    this.store = store;
    this.writer = writer;
    this.expected = token.isEmpty() ? null : ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    this.waiting = new Semaphore(maxWaiting);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    begin();
    Snapshot delivered = null;
    try {
      Snapshot snapshot = answer(exchange);
      send(exchange, 200, writer.get().write(snapshot));
      // Nobody else comes back, so the application's end need not wait for him.
      delivered = Query.parse(exchange.getRequestURI().getRawQuery()).follows() ? snapshot : null;
    } catch (BadRequest refused) {
      sendError(exchange, refused.status(), refused.getMessage());
    } catch (InterruptedException stopped) {
      sendError(exchange, 503, "the driver is stopping");
    } catch (RuntimeException | Error failure) {
      sendError(exchange, 500, "the plugin failed: " + failure);
    } finally {
      exchange.close();
      end(delivered);
    }
  }

  private Snapshot answer(HttpExchange exchange) throws BadRequest, InterruptedException {
    authorize(exchange.getRequestHeaders().getFirst("Authorization"));
    if (!exchange.getRequestURI().getPath().equals(PATH)) {
      throw new BadRequest(404, "there is nothing here; see " + PATH);
    }
    if (!exchange.getRequestMethod().equals("GET")) {
      exchange.getResponseHeaders().set("Allow", "GET");
      throw new BadRequest(405, "only GET is allowed here");
    }
    Query query = Query.parse(exchange.getRequestURI().getRawQuery());
    long after = query.after();
    int metrics = query.held("metrics");
    int series = query.held("series");
    int readings = query.held("readings");
    long millis = query.millis("wait");
    long gap = query.millis("gap");
    if (writer.get() == null) {
      throw new BadRequest(503, "the application is starting; ask again");
    }
    if (!query.boot().equals(store.boot())) {
      return store.snapshot(0, 0, 0, 0);
    }
    if (millis > 0) {
      await(after, millis, gap);
    }
    return store.snapshot(after, metrics, series, readings);
  }

  private void authorize(String given) throws BadRequest {
    if (expected == null) {
      return;
    }
    byte[] bytes = given == null ? new byte[0] : given.getBytes(StandardCharsets.UTF_8);
    // Takes the same time wherever the first difference is.
    if (!MessageDigest.isEqual(expected, bytes)) {
      throw new BadRequest(401, "this needs the header Authorization: Bearer, with the token of the plugin");
    }
  }

  private void await(long after, long millis, long leastMillis) throws BadRequest, InterruptedException {
    if (!waiting.tryAcquire()) {
      throw new BadRequest(503, "too many clients are waiting; ask with wait=0, or raise spark.exporter.maxWaiting");
    }
    try {
      long gap = Math.max(leastMillis, Math.min(GAP_MILLIS, millis));
      store.awaitEnd(gap);
      store.awaitNewer(after, Math.max(0, millis - gap));
    } finally {
      waiting.release();
    }
  }

  private static void sendError(HttpExchange exchange, int status, String sentence) throws IOException {
    StringBuilder body = new StringBuilder("{\"error\":");
    Json.text(body, sentence);
    if (status == 401) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
    }
    send(exchange, status, body.append('}').toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
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
