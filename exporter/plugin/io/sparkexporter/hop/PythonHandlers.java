package io.sparkexporter.hop;

import io.sparkexporter.Event;
import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import io.sparkexporter.message.Answer;
import io.sparkexporter.message.Exchange;
import io.sparkexporter.message.Limits;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The handlers of one connection of the driver's Python process, and what they have not answered yet. */
final class PythonHandlers {
  private final Connection connection;
  private final Limits limits;
  private final Outcomes outcomes;
  private final Map<Long, Exchange> open = new HashMap<>();
  private final Map<String, Integer> openOfTopic = new HashMap<>();
  private long calls;
  private boolean closed;
  private volatile Set<String> topics = Collections.emptySet();
  private volatile Set<String> events = Collections.emptySet();

  PythonHandlers(Connection connection, Limits limits, Outcomes outcomes) {
    this.connection = connection;
    this.limits = limits;
    this.outcomes = outcomes;
  }

  void register(Set<String> handledTopics, Set<String> handledEvents) {
    topics = handledTopics;
    events = handledEvents;
  }

  Set<String> topics() {
    return topics;
  }

  Set<String> events() {
    return events;
  }

  /** Sends a message to its handler. */
  void give(Exchange exchange) {
    Answer refused = send(exchange);
    if (refused != null) {
      exchange.finish(refused);
    } else if (!exchange.isReplyWanted()) {
      exchange.finish(Answer.taken());
    }
  }

  private synchronized Answer send(Exchange exchange) {
    if (closed) {
      return Answer.failed(Reason.NO_HANDLER, "no handler for \"" + exchange.message().topic() + "\" in the driver");
    }
    int before = openOfTopic.getOrDefault(exchange.message().topic(), 0);
    long call = ++calls;
    boolean wanted = exchange.isReplyWanted();
    if (before >= Limits.MESSAGES || !connection.send(frame(call, exchange))) {
      String sentence = "the handler of \"" + exchange.message().topic() + "\" has too much to do already";
      return Answer.failed(Reason.OVERLOADED, sentence);
    }
    if (wanted) {
      exchange.dropBody();
      open.put(call, exchange);
      openOfTopic.put(exchange.message().topic(), before + 1);
    }
    return null;
  }

  private static ByteBuffer frame(long call, Exchange exchange) {
    StringBuilder header = new StringBuilder(160).append("{\"kind\":\"message\",\"call\":").append(call);
    Json.text(Json.key(header, "topic"), exchange.message().topic());
    header.append(exchange.message().isJson() ? ",\"encoding\":\"json\"" : ",\"encoding\":\"bytes\"");
    Json.key(header, "reply").append(exchange.isReplyWanted());
    if (exchange.isReplyWanted()) {
      Json.number(Json.key(header, "timeout"), Math.max(0, exchange.millisLeft()) / 1e3);
    }
    Json.text(Json.key(header, "from"), exchange.message().from());
    return Frame.of(header.append('}'), exchange.message().bytes());
  }

  /** Takes the answer to a message. */
  void result(long call, boolean json, byte[] body) {
    finish(
        call,
        body.length > limits.maxPayload()
            ? Answer.failed(Reason.TOO_LARGE, limits.tooLarge("the answer", body.length))
            : Answer.of(json, body));
  }

  /**
   * Takes the failure of a message.
   *
   * @param code why, if it is not the handler itself that failed; else null
   */
  void failed(long call, String code, String error) {
    Reason reason = Reason.HANDLER_FAILED;
    for (Reason one : Reason.values()) {
      if (one.code().equals(code)) {
        reason = one;
      }
    }
    finish(call, Answer.failed(reason, error));
  }

  private void finish(long call, Answer answer) {
    Exchange exchange;
    synchronized (this) {
      exchange = open.remove(call);
      if (exchange != null) {
        openOfTopic.computeIfPresent(exchange.message().topic(), (topic, count) -> count == 1 ? null : count - 1);
      }
    }
    if (exchange != null) {
      exchange.finish(answer);
    }
  }

  /** Sends an event to its handler. */
  void give(Event event, CompletableFuture<String> done) {
    StringBuilder header = new StringBuilder(160);
    synchronized (this) {
      header.append("{\"kind\":\"event\",\"call\":").append(++calls);
    }
    Json.text(Json.key(header, "event"), event.id());
    Claims.write(header, event);
    byte[] payload = event.payloadJson().getBytes(StandardCharsets.UTF_8);
    // First, because the outcome may be here before the next line.
    outcomes.expect(event.id(), done);
    if (!connection.send(Frame.of(header.append('}'), payload))) {
      outcomes.take(event.id(), null, new EventFailed("the driver's Python process has too much to do already"));
    }
  }

  /** The process is gone. */
  void close() {
    List<Exchange> left;
    synchronized (this) {
      closed = true;
      left = new ArrayList<>(open.values());
      open.clear();
      openOfTopic.clear();
    }
    for (Exchange exchange : left) {
      exchange.finish(Answer.failed(Reason.HANDLER_FAILED, "the driver's Python process ended before it was done"));
    }
  }
}
