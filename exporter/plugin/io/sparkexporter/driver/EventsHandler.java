package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import io.sparkexporter.conf.EventTypes;
import io.sparkexporter.control.DriverControl;
import io.sparkexporter.event.EventRefused;
import io.sparkexporter.event.EventRequest;
import io.sparkexporter.event.EventStore;
import io.sparkexporter.json.JsonException;
import java.io.IOException;
import java.util.Set;

/** Takes events, and says what became of them. */
final class EventsHandler implements Requests.Answerer {
  static final String PATH = "/v1/events";
  private static final int FULL_SECONDS = 10;

  private final DriverControl control;
  private final Set<String> allowed;
  private final ChangeRequests changes;
  private final Waiting waiting;

  EventsHandler(DriverControl control, Set<String> allowed, ChangeRequests changes, Waiting waiting) {
    this.control = control;
    this.allowed = allowed;
    this.changes = changes;
    this.waiting = waiting;
  }

  @Override
  public void answer(HttpExchange exchange) throws BadRequest, InterruptedException, IOException {
    String path = exchange.getRequestURI().getPath();
    Query query = Query.parse(exchange.getRequestURI().getRawQuery());
    if (!path.equals(PATH)) {
      Requests.method(exchange, "GET");
      query.only("wait");
      Requests.send(exchange, 200, one(path.substring(PATH.length() + 1), query.millis("wait")));
      return;
    }
    query.only();
    if (Requests.method(exchange, "GET", "POST").equals("GET")) {
      Requests.send(exchange, 200, control.events());
    } else {
      send(exchange);
    }
  }

  private String one(String id, long millis) throws BadRequest, InterruptedException {
    String json =
        millis == 0 ? control.event(id, 0) : waiting.during("without wait", () -> control.event(id, millis));
    if (json == null) {
      throw new BadRequest(404, "there is no such event, or it is forgotten by now");
    }
    return json;
  }

  private void send(HttpExchange exchange) throws BadRequest, InterruptedException, IOException {
    EventRequest request = request(changes.body(exchange));
    String word = EventTypes.wordFor(request.type());
    if (!allowed.contains(word)) {
      throw new BadRequest(
          403, "events of type " + request.type() + " are not allowed; spark.exporter.events.allow does not name " + word);
    }
    if (request.payloadBytes() > EventRequest.MAX_PAYLOAD) {
      throw new BadRequest(
          413, "the payload has " + request.payloadBytes() + " bytes; at most " + EventRequest.MAX_PAYLOAD);
    }
    try {
      EventStore.Accepted accepted = control.accept(request, ChangeRequests.author(exchange));
      exchange.getResponseHeaders().set("Location", PATH + '/' + accepted.id());
      Requests.send(exchange, accepted.isNew() ? 202 : 200, one(accepted.id(), 0));
    } catch (EventRefused refused) {
      if (refused.reason() == EventRefused.Reason.FULL) {
        throw ChangeRequests.slowDown(exchange, FULL_SECONDS, refused.getMessage());
      }
      boolean unknown = refused.reason() == EventRefused.Reason.UNKNOWN_RECIPIENT;
      throw new BadRequest(unknown ? 404 : 409, refused.getMessage());
    }
  }

  private static EventRequest request(Object body) throws BadRequest {
    try {
      return EventRequest.of(body);
    } catch (JsonException bad) {
      throw new BadRequest(400, bad.getMessage());
    }
  }
}
