package io.sparkexporter.driver;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.sparkexporter.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Takes all requests: lets in who may come in, finds who answers, and says in one way what is refused. */
final class Requests implements HttpHandler {
  /** What a client is told that comes too early. */
  static final String STARTING = "the application is starting; ask again";

  /** So many bytes of an answer are written at a time. */
  private static final int PIECE = 64 << 10;

  /** Null if everybody may come in. */
  private final Credentials credentials;
  /** Null as long as nothing can be answered. */
  private volatile Map<String, Answerer> answerers;
  private final Object state = new Object();
  private int active;

  /** Answers the requests for a path and what lies below it. */
  interface Answerer {
    /** Answers one request. What it throws becomes an answer, too. */
    void answer(HttpExchange exchange) throws BadRequest, InterruptedException, IOException;
  }

  /** Refuses everybody who does not know this token; with an empty one lets everybody in. */
  Requests(String token) {
    credentials = token.isEmpty() ? null : new Credentials(token);
  }

  /**
   * Has requests answered from now on.
   *
   * @param byPath who answers for a path, and, if the path ends with a slash, for everything below it
   */
  void open(Map<String, Answerer> byPath) {
    answerers = byPath;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    synchronized (state) {
      active++;
    }
    try {
      HttpThreads.ownTurn();
      answer(exchange);
    } finally {
      // What is left of the request is read before the connection serves another one.
      HttpThreads.clientsTurn();
      exchange.close();
      synchronized (state) {
        active--;
        state.notifyAll();
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try {
      authorize(exchange);
      find(exchange.getRequestURI().getPath()).answer(exchange);
    } catch (BadRequest refused) {
      sendError(exchange, refused.status(), refused.getMessage());
    } catch (InterruptedException stopped) {
      sendError(exchange, 503, "the driver is stopping");
    } catch (RuntimeException | Error failure) {
      sendError(exchange, 500, "the plugin failed: " + failure);
    }
  }

  private void authorize(HttpExchange exchange) throws BadRequest {
    if (credentials != null) {
      Headers headers = exchange.getRequestHeaders();
      long now = System.currentTimeMillis() / 1000;
      credentials.check(headers.getFirst("Authorization"), headers.getFirst("Host"), exchange.getLocalAddress(), now);
    }
  }

  private Answerer find(String path) throws BadRequest {
    Map<String, Answerer> open = answerers;
    if (open == null) {
      throw new BadRequest(503, STARTING);
    }
    for (Map.Entry<String, Answerer> entry : open.entrySet()) {
      String own = entry.getKey();
      if (path.equals(own) || own.endsWith("/") && path.startsWith(own)) {
        return entry.getValue();
      }
    }
    throw new BadRequest(404, "there is nothing here; see " + SnapshotHandler.PATH);
  }

  /** Refuses other methods. */
  static String method(HttpExchange exchange, String... allowed) throws BadRequest {
    for (String method : allowed) {
      if (exchange.getRequestMethod().equals(method)) {
        return method;
      }
    }
    exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
    throw new BadRequest(405, "only " + String.join(" and ", allowed) + (allowed.length == 1 ? " is" : " are")
        + " allowed here");
  }

  private static void sendError(HttpExchange exchange, int status, String sentence) throws IOException {
    StringBuilder body = new StringBuilder("{\"error\":");
    Json.text(body, sentence);
    if (status == 401) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
    }
    send(exchange, status, body.append('}').toString());
  }

  static void send(HttpExchange exchange, int status, String body) throws IOException {
    send(exchange, status, body.getBytes(StandardCharsets.UTF_8));
  }

  static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    HttpThreads.clientsTurn();
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    for (int at = 0; !head && at < body.length; at += PIECE) {
      // A long answer may take long, as long as it goes on.
      HttpThreads.clientsTurn();
      exchange.getResponseBody().write(body, at, Math.min(PIECE, body.length - at));
    }
  }

  /** Waits, at most this long, until all answers are out. */
  void awaitAnswers(long millis) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    synchronized (state) {
      for (long left = deadline - System.nanoTime(); active > 0 && left > 0; left = deadline - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(state, left);
      }
    }
  }
}
