package io.sparkexporter.report;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventMessage;
import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import io.sparkexporter.live.LiveChange;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What came from outside for one JVM: what it may lack of the live configuration and of the events. Immutable. */
public final class ControlReply {
  private final LiveChange change;
  private final List<EventMessage> events;
  private final Collection<Long> confirmed;

  /**
   * Makes one.
   *
   * @param change null if the JVM holds the present configuration
   * @param events those that it may not have, the oldest first
   * @param confirmed numbers of the events whose outcomes the driver has
   */
  public ControlReply(LiveChange change, List<EventMessage> events, Collection<Long> confirmed) {
    this.change = change;
    this.events = events;
    this.confirmed = confirmed;
  }

  /** What is new in the live configuration; null if nothing is. */
  public LiveChange change() {
    return change;
  }

  /** Events that may be new here, the oldest first. */
  public List<EventMessage> events() {
    return events;
  }

  /** Numbers of the events whose outcomes the driver has. */
  public Collection<Long> confirmed() {
    return confirmed;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeBoolean(change != null);
    if (change != null) {
      out.writeLong(change.version());
      out.writeBoolean(change.isWhole());
      out.writeInt(change.entries().size());
      for (Map.Entry<String, String> entry : change.entries().entrySet()) {
        Section.writeText(out, entry.getKey());
        Section.writeTextOrNull(out, entry.getValue());
      }
    }
    out.writeInt(events.size());
    for (EventMessage message : events) {
      write(out, message);
    }
    out.writeInt(confirmed.size());
    for (long sequence : confirmed) {
      out.writeLong(sequence);
    }
  }

  private static void write(DataOutputStream out, EventMessage message) throws IOException {
    Event event = message.event();
    out.writeLong(message.sequence());
    Section.writeText(out, event.id());
    Section.writeText(out, event.type());
    Section.writeText(out, event.payloadJson());
    out.writeDouble(event.time());
    out.writeDouble(event.expires());
    out.writeLong(event.remainingMillis());
  }

  static ControlReply read(DataInputStream in) throws IOException {
    LiveChange change = in.readBoolean() ? readChange(in) : null;
    List<EventMessage> events = new ArrayList<>();
    for (int left = Section.count(in, in.readInt()); left > 0; left--) {
      events.add(readMessage(in));
    }
    Set<Long> confirmed = new LinkedHashSet<>();
    for (int left = Section.count(in, in.readInt()); left > 0; left--) {
      confirmed.add(in.readLong());
    }
    return new ControlReply(change, events, confirmed);
  }

  private static LiveChange readChange(DataInputStream in) throws IOException {
    long version = in.readLong();
    boolean whole = in.readBoolean();
    Map<String, String> entries = new LinkedHashMap<>();
    for (int left = Section.count(in, in.readInt()); left > 0; left--) {
      String key = Section.readText(in);
      entries.put(key, Section.readTextOrNull(in));
    }
    return new LiveChange(version, whole, entries);
  }

  private static EventMessage readMessage(DataInputStream in) throws IOException {
    long sequence = in.readLong();
    String id = Section.readText(in);
    String type = Section.readText(in);
    String json = Section.readText(in);
    try {
      Object payload = JsonReader.read(json);
      Event event = new Event(id, type, payload, json, in.readDouble(), in.readDouble(), in.readLong());
      return new EventMessage(sequence, event);
    } catch (JsonException bad) {
      throw new IOException("an event whose payload is no JSON", bad);
    }
  }
}
