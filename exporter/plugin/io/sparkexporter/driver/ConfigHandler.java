package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import io.sparkexporter.conf.EventTypes;
import io.sparkexporter.control.ConfigState;
import io.sparkexporter.live.LiveRefused;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers requests for the live configuration, and to change it. */
final class ConfigHandler implements Requests.Answerer {
  static final String PATH = "/v1/config";
  private static final Pattern ETAG = Pattern.compile("\"(\\d{1,18})\"");

  private final Door door;

  ConfigHandler(Door door) {
    this.door = door;
  }

  @Override
  public void answer(HttpExchange exchange) throws BadRequest, InterruptedException, IOException {
    boolean asks = Requests.method(exchange, "GET", "PATCH").equals("GET");
    Query query = Query.parse(exchange.getRequestURI().getRawQuery());
    ConfigState state = asks ? ask(query) : change(exchange, query);
    exchange.getResponseHeaders().set("ETag", "\"" + state.version() + '"');
    Requests.send(exchange, 200, state.json());
  }

  private ConfigState ask(Query query) throws BadRequest, InterruptedException {
    query.only("version", "wait");
    Long version = query.has("version") ? (Long) query.number("version") : null;
    long millis = query.millis("wait");
    // The present version is there already, here at least.
    long patience = version == null ? 0 : millis;
    return door.within(patience, () -> door.control().config(version, patience));
  }

  private ConfigState change(HttpExchange exchange, Query query) throws BadRequest, IOException {
    query.only();
    door.require(EventTypes.CONFIG, "changes of the live configuration");
    Long expected = expected(exchange.getRequestHeaders().getFirst("If-Match"));
    Object body = door.body(exchange);
    if (!(body instanceof Map)) {
      throw new BadRequest(400, "the body is no JSON object of keys and values");
    }
    Map<String, Object> entries = new LinkedHashMap<>();
    ((Map<?, ?>) body).forEach((key, value) -> entries.put((String) key, value));
    try {
      return door.control().patch(entries, expected, ChangeRequests.author(exchange));
    } catch (LiveRefused refused) {
      throw new BadRequest(refused.isConflict() ? 412 : 422, refused.getMessage());
    }
  }

  private static Long expected(String given) throws BadRequest {
    if (given == null || given.trim().equals("*")) {
      return null;
    }
    Matcher matcher = ETAG.matcher(given.trim());
    if (!matcher.matches()) {
      throw new BadRequest(400, "the header If-Match is not a version in quotation marks, such as \"7\"");
    }
    return Long.valueOf(matcher.group(1));
  }
}
