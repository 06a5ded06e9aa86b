package io.sparkexporter.event;

import static io.sparkexporter.json.Json.key;
import static io.sparkexporter.json.Json.number;
import static io.sparkexporter.json.Json.text;

import io.sparkexporter.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Shows events to those outside. */
final class EventWriter {
  private static final int MAX_LISTED = 100;
  private static final int MAX_LIST_LENGTH = 8 << 20;

  private EventWriter() {}

  static String json(EventRecord event) {
    StringBuilder out = new StringBuilder(300);
    write(out, event);
    return out.toString();
  }

  /** The newest first, and not more than somebody can take in. */
  static String json(EventStore store) {
    List<EventRecord> newest = new ArrayList<>(store.all());
    Collections.reverse(newest);
    StringBuilder out = new StringBuilder("{\"events\":[");
    for (int i = 0; i < newest.size() && i < MAX_LISTED && out.length() < MAX_LIST_LENGTH; i++) {
      Json.comma(out);
      write(out, newest.get(i));
    }
    return out.append("]}").toString();
  }

  private static void write(StringBuilder out, EventRecord event) {
    out.append('{');
    text(key(out, "id"), event.id);
    text(key(out, "type"), event.request.type);
    key(out, "payload").append(event.request.payloadJson);
    text(key(out, "target"), event.request.target);
    text(key(out, "idempotency_key"), event.request.idempotencyKey);
    number(key(out, "accepted"), event.accepted);
    number(key(out, "expires"), event.expires);
    text(key(out, "actor"), event.actor);
    key(out, "done").append(event.isDone());
    key(out, "succeeded").append(event.hasSucceeded());
    key(out, "recipients").append('[');
    for (EventRecord.Recipient recipient : event.recipients.values()) {
      Json.comma(out);
      write(out, recipient);
    }
    out.append("]}");
  }

  private static void write(StringBuilder out, EventRecord.Recipient recipient) {
    out.append('{');
    text(key(out, "id"), recipient.id);
    text(key(out, "state"), recipient.state.label());
    key(out, "result").append(recipient.result);
    text(key(out, "error"), recipient.error);
    time(key(out, "delivered"), recipient.delivered);
    time(key(out, "finished"), recipient.finished);
    out.append('}');
  }

  private static void time(StringBuilder out, double time) {
    if (Double.isNaN(time)) {
      out.append("null");
    } else {
      number(out, time);
    }
  }

  /** Who did what and when, and what became of it: one line for the audit log, without payload and results. */
  static String audit(EventRecord event) {
    return "event id=" + event.id
        + " type=" + event.request.type
        + " target=" + event.request.target
        + " actor=" + event.actor
        + " from=" + event.from
        + " accepted=" + Instant.ofEpochMilli((long) (1000 * event.accepted))
        + " outcome=\"handled=" + event.count(EventState.HANDLED)
        + " failed=" + event.count(EventState.FAILED)
        + " expired=" + event.count(EventState.EXPIRED) + '"';
  }

  /** The same once more, when a recipient has said that its end was another one than the driver had taken for granted. */
  static String correction(EventRecord event, EventRecord.Recipient recipient, EventState guess) {
    String truth = recipient.state.label();
    return audit(event) + " corrected=\"" + recipient.id + ' ' + guess.label() + ", in truth " + truth + '"';
  }
}
