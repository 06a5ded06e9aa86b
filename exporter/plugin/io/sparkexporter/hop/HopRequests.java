package io.sparkexporter.hop;

import io.sparkexporter.Message;
import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.event.EventExpired;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import io.sparkexporter.live.LiveRefused;
import io.sparkexporter.message.Answer;
import io.sparkexporter.message.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What a Python process asks for. Nothing here waits for anything. */
final class HopRequests {
  /** What exceeds it is no time that anybody waits. */
  private static final double MAX_SECONDS = 86_400;
  private static final int MAX_HANDLERS = 1000;
  private static final byte[] NOTHING = {};

  private final HopContext context;
  private final HopClient client;
  private final Outcomes outcomes;
  private final PythonHandlers handlers;

  /**
   * Serves a process.
   *
   * @param handlers null unless it is the driver's
   */
  HopRequests(HopContext context, HopClient client, Outcomes outcomes, PythonHandlers handlers) {
    this.context = context;
    this.client = client;
    this.outcomes = outcomes;
    this.handlers = handlers;
  }

  /**
   * Takes a frame. What is wrong with it is told to the one who waits for it; the others on the connection go on.
   *
   * @throws IOException if it does not say who that is
   */
  void receive(Frame frame) throws IOException {
    try {
      take(frame);
    } catch (IOException bad) {
      refuse(frame, bad);
    }
  }

  private void refuse(Frame frame, IOException bad) throws IOException {
    Object id = frame.value("id");
    Object call = frame.value("call");
    Object event = frame.value("event");
    if (event instanceof String) {
      outcomes.take((String) event, null, new EventFailed("its outcome cannot be read: " + bad.getMessage()));
    }
    if (id instanceof Long) {
      client.error((Long) id, Reason.BAD_REQUEST, bad.getMessage());
    } else if (handlers != null && call instanceof Long) {
      handlers.failed((Long) call, null, "the answer of the handler cannot be read: " + bad.getMessage());
    } else {
      throw bad;
    }
  }

  private void take(Frame frame) throws IOException {
    String kind = frame.text("kind");
    if (handlers != null && kind.equals("result")) {
      handlers.result(frame.number("call"), frame.isJson(), frame.body());
    } else if (handlers != null && kind.equals("failed")) {
      handlers.failed(frame.number("call"), frame.textOrNull("code"), frame.text("error"));
    } else {
      request(kind, frame.number("id"), frame);
    }
  }

  private void request(String kind, long id, Frame frame) throws IOException {
    switch (kind) {
      case "ask":
        message(id, frame, true);
        break;
      case "send":
        message(id, frame, false);
        break;
      case "claim":
        claim(id);
        break;
      case "outcome":
        outcome(id, frame);
        break;
      case "handle":
        handle(id, frame);
        break;
      case "declare":
        declare(id, frame);
        break;
      default:
        client.error(id, Reason.BAD_REQUEST, "there is no request of this kind");
    }
  }

  private void message(long id, Frame frame, boolean replyWanted) throws IOException {
    if (context.messages == null) {
      client.error(id, Reason.UNAVAILABLE, "messages are off: spark.exporter.messages=false");
      return;
    }
    double seconds = replyWanted ? frame.seconds("timeout") : 0;
    long nanos = (long) (Math.max(0, Math.min(MAX_SECONDS, seconds)) * 1e9);
    context.messages.carry(
        new Exchange(
            new Message(frame.text("topic"), context.id, frame.isJson(), frame.body()),
            replyWanted,
            System.nanoTime() + nanos,
            answer -> answer(id, replyWanted, answer)));
  }

  private void answer(long id, boolean replyWanted, Answer answer) {
    if (answer.reason() != null) {
      client.error(id, answer.reason(), answer.sentence());
    } else if (replyWanted) {
      String encoding = answer.isJson() ? "json" : "bytes";
      client.send(Frame.of("{\"kind\":\"ok\",\"id\":" + id + ",\"encoding\":\"" + encoding + "\"}", answer.body()));
    } else {
      client.ok(id);
    }
  }

  private void claim(long id) {
    StringBuilder header = new StringBuilder("{\"kind\":\"ok\",\"id\":").append(id);
    if (handlers != null || context.claims == null) {
      client.send(Frame.of(header.append(",\"events\":[]}"), NOTHING));
      return;
    }
    context.claims.claim(header, outcomes, context.limits.maxPayload());
    client.send(Frame.of(header.append('}'), NOTHING));
  }

  private void outcome(long id, Frame frame) throws IOException {
    String event = frame.text("event");
    String state = frame.text("state");
    String error = frame.textOrNull("error");
    Exception failure;
    switch (state) {
      case "handled":
        failure = null;
        break;
      case "failed":
        failure = new EventFailed(error == null ? "it failed without a word" : error);
        break;
      case "expired":
        failure = new EventExpired();
        break;
      default:
        client.error(id, Reason.BAD_REQUEST, "the state of an outcome is handled, failed or expired");
        return;
    }
    String result = frame.body().length == 0 ? null : new String(frame.body(), StandardCharsets.UTF_8);
    if (outcomes.take(event, result, failure)) {
      client.ok(id);
    } else {
      client.error(id, Reason.BAD_REQUEST, "this process does not have the event " + event);
    }
  }

  private void handle(long id, Frame frame) throws IOException {
    if (handlers == null) {
      client.error(id, Reason.BAD_REQUEST, "only the driver's Python process has handlers");
      return;
    }
    handlers.register(texts(frame.value("topics")), texts(frame.value("events")));
    context.driver.changed(handlers);
    StringBuilder header = new StringBuilder("{\"kind\":\"ok\",\"id\":").append(id);
    write(Json.key(header, "topics"), handlers.topics(), context.driver::isTopicOfJvm);
    write(Json.key(header, "events"), handlers.events(), context.driver::isEventOfJvm);
    client.send(Frame.of(header.append('}'), NOTHING));
  }

  private static void write(StringBuilder header, Set<String> texts, Predicate<String> which) {
    header.append('[');
    for (String one : new TreeSet<>(texts)) {
      if (which.test(one)) {
        Json.comma(header);
        Json.text(header, one);
      }
    }
    header.append(']');
  }

  private static Set<String> texts(Object list) throws IOException {
    Set<String> texts = new HashSet<>();
    if (!(list instanceof List) || ((List<?>) list).size() > MAX_HANDLERS) {
      throw new IOException("topics and events are lists of at most " + MAX_HANDLERS + " names");
    }
    for (Object one : (List<?>) list) {
      texts.add(String.valueOf(one));
    }
    return texts;
  }

  private void declare(long id, Frame frame) throws IOException {
    if (context.declarations == null || handlers == null) {
      client.error(id, Reason.UNAVAILABLE, "there is no live configuration here: control is off, or this is no driver");
      return;
    }
    Object rule = frame.value("rule");
    if (!(rule instanceof Map)) {
      client.error(id, Reason.BAD_REQUEST, "a rule is an object");
      return;
    }
    Map<String, Object> checked = new LinkedHashMap<>();
    ((Map<?, ?>) rule).forEach((name, value) -> checked.put((String) name, value));
    try {
      context.declarations.declare(frame.text("key"), checked);
      client.ok(id);
    } catch (LiveRefused refused) {
      client.error(id, refused.isMisfit() ? "invalid_value" : "bad_rule", refused.getMessage());
    }
  }

  /** The process is gone. */
  void close() {
    if (handlers != null) {
      context.driver.remove(handlers);
      handlers.close();
    }
  }
}
