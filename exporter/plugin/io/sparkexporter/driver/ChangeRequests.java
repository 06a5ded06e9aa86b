package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import io.sparkexporter.control.Author;
import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/** What requests that change something have in common: how many there may be, what their bodies are, who sends them. */
final class ChangeRequests {
  /** Longest body in bytes. */
  static final int MAX_BODY = 1 << 20;

  /** A client that is still sending cannot read why it should stop. */
  private static final int MAX_SKIPPED = 8 << 20;
  private static final int PER_SECOND = 20;
  private static final int BURST = 40;
  private static final String ACTOR = "Spark-Exporter-Actor";
  /** Nothing with which a name could pass for another field of the audit log. */
  private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e&&[^\"=\\\\]]{1,200}");

  private final LongSupplier nanos;
  private double left = BURST;
  private long filledAt;

  /** Counts by a clock of nanoseconds. */
  ChangeRequests(LongSupplier nanos) {
    this.nanos = nanos;
    this.filledAt = nanos.getAsLong();
  }

  /** Returns the body as JsonReader gives it. */
  Object body(HttpExchange exchange) throws BadRequest, IOException {
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type == null || !type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT).equals("application/json")) {
      throw new BadRequest(415, "this needs a JSON body and the header Content-Type: application/json");
    }
    if (!mayChange()) {
      throw slowDown(exchange, 1, "more than " + PER_SECOND + " changes a second");
    }
    HttpThreads.clientsTurn();
    byte[] bytes = read(exchange.getRequestBody());
    HttpThreads.ownTurn();
    try {
      return JsonReader.read(bytes);
    } catch (JsonException bad) {
      throw new BadRequest(400, "the body is " + bad.getMessage());
    }
  }

  private synchronized boolean mayChange() {
    long now = nanos.getAsLong();
    left = Math.min(BURST, left + PER_SECOND * ((now - filledAt) / 1e9));
    filledAt = now;
    if (left < 1) {
      return false;
    }
    left--;
    return true;
  }

  static BadRequest slowDown(HttpExchange exchange, int seconds, String sentence) {
    exchange.getResponseHeaders().set("Retry-After", String.valueOf(seconds));
    return new BadRequest(429, sentence);
  }

  private static byte[] read(InputStream in) throws BadRequest, IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    long total = 0;
    for (int count = in.read(buffer); count > 0 && total < MAX_SKIPPED; count = in.read(buffer)) {
      total += count;
      if (total <= MAX_BODY) {
        body.write(buffer, 0, count);
      }
    }
    if (total > MAX_BODY) {
      throw new BadRequest(413, "the body has more than " + MAX_BODY + " bytes");
    }
    return body.toByteArray();
  }

  /** Returns who sends the request: what he says, if it fits one word of a log, and his address. */
  static Author author(HttpExchange exchange) {
    String actor = exchange.getRequestHeaders().getFirst(ACTOR);
    boolean fits = actor != null && NAME.matcher(actor).matches();
    return new Author(fits ? actor : "unknown", exchange.getRemoteAddress().getAddress().getHostAddress());
  }
}
