package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import io.sparkexporter.conf.EventTypes;
import io.sparkexporter.event.EventRefused;
import io.sparkexporter.event.EventRequest;
import io.sparkexporter.event.EventStore;
import io.sparkexporter.json.JsonException;
import java.io.IOException;

/** Takes events, and says what became of them. */
final class EventsHandler implements Requests.Answerer {
  static final String PATH = "/v1/events";
  private static final int FULL_SECONDS = 10;

  private final Door door;

  EventsHandler(Door door) {
    this.door = door;
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
      Requests.send(exchange, 200, door.control().events());
    } else {
      send(exchange);
    }
  }

  private String one(String id, long millis) throws BadRequest, InterruptedException {
    String json = door.within(millis, () -> door.control().event(id, millis));
    if (json == null) {
      throw new BadRequest(404, "there is no such event, or it is forgotten by now");
    }
    return json;
  }

  private void send(HttpExchange exchange) throws BadRequest, InterruptedException, IOException {
    EventRequest request = request(door.body(exchange));
    door.require(EventTypes.wordFor(request.type()), "events of type " + request.type());
    if (request.payloadBytes() > EventRequest.MAX_PAYLOAD) {
      throw new BadRequest(
          413, "the payload has " + request.payloadBytes() + " bytes; at most " + EventRequest.MAX_PAYLOAD);
    }
    try {
      EventStore.Accepted accepted = door.control().accept(request, ChangeRequests.author(exchange));
      exchange.getResponseHeaders().set("Location", PATH + '/' + accepted.id());
      Requests.send(exchange, accepted.isNew() ? 202 : 200, one(accepted.id(), 0));
    } catch (EventRefused refused) {
      throw refusal(exchange, refused);
    }
  }

  private static BadRequest refusal(HttpExchange exchange, EventRefused refused) {
    switch (refused.reason()) {
      case FULL:
        return ChangeRequests.slowDown(exchange, FULL_SECONDS, refused.getMessage());
      case UNKNOWN_RECIPIENT:
        return new BadRequest(404, refused.getMessage());
      case WRONG_TARGET:
        return new BadRequest(422, refused.getMessage());
      default:
        return new BadRequest(409, refused.getMessage());
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
