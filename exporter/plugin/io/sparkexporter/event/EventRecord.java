package io.sparkexporter.event;

import io.sparkexporter.Event;
import java.util.LinkedHashMap;
import java.util.Map;

/** An event in the driver, and how far it is at each recipient. Guarded by its owner. */
final class EventRecord {
  final long sequence;
  final String id;
  final EventRequest request;
  final String actor;
  final String from;
  final double accepted;
  final double expires;
  final Map<String, Recipient> recipients = new LinkedHashMap<>();
  /** How many recipients have not ended. */
  int open;
  /** Bytes of memory that its payload and its results take. */
  long bytes;

  /** One JVM that is to have it. */
  static final class Recipient {
    final String id;
    EventState state = EventState.ACCEPTED;
    /** Whether it was in a reply, so that the recipient may have it. */
    boolean sent;
    /** Whether the driver has guessed the end, and the recipient may know better. */
    boolean guessed;
    String result;
    String error;
    double delivered = Double.NaN;
    double finished = Double.NaN;

    Recipient(String id) {
      this.id = id;
    }
  }

  EventRecord(long sequence, String id, EventRequest request, String actor, String from, double accepted) {
    this.sequence = sequence;
    this.id = id;
    this.request = request;
    this.actor = actor;
    this.from = from;
    this.accepted = accepted;
    this.expires = accepted + request.ttlSeconds;
    // The payload is there as text and as an object.
    this.bytes = 500 + 2L * request.payloadJson.length();
  }

  void address(String recipient) {
    recipients.put(recipient, new Recipient(recipient));
    open++;
    bytes += 200;
  }

  boolean isDone() {
    return open == 0;
  }

  boolean hasSucceeded() {
    return count(EventState.HANDLED) == recipients.size();
  }

  int count(EventState state) {
    int count = 0;
    for (Recipient recipient : recipients.values()) {
      count += recipient.state == state ? 1 : 0;
    }
    return count;
  }

  /** The event as a recipient gets it now. */
  Event event(double now) {
    long remaining = (long) Math.max(0, 1000 * (expires - now));
    return new Event(id, request.type, request.payload, request.payloadJson, accepted, expires, remaining);
  }
}
