package io.sparkexporter.report;

import io.sparkexporter.event.EventOutcome;
import io.sparkexporter.event.EventState;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What one JVM tells the driver of what it has got from outside. Telling it twice changes nothing. Immutable. */
public final class ControlReport {
  private final long version;
  private final long received;
  private final Map<Long, EventOutcome> outcomes;

  /**
   * Makes one.
   *
   * @param version of the live configuration that is held here; 0 if none
   * @param received highest number of an event that has arrived; 0 if none has
   * @param outcomes those that the driver has not confirmed, by the number of the event
   */
  public ControlReport(long version, long received, Map<Long, EventOutcome> outcomes) {
    this.version = version;
    this.received = received;
    this.outcomes = Collections.unmodifiableMap(outcomes);
  }

  /** Version of the live configuration that is held there. */
  public long version() {
    return version;
  }

  /** Highest number of an event that has arrived there. */
  public long received() {
    return received;
  }

  /** What became of events, by their numbers. */
  public Map<Long, EventOutcome> outcomes() {
    return outcomes;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeLong(version);
    out.writeLong(received);
    out.writeInt(outcomes.size());
    for (Map.Entry<Long, EventOutcome> entry : outcomes.entrySet()) {
      EventOutcome outcome = entry.getValue();
      out.writeLong(entry.getKey());
      out.writeByte(outcome.state().ordinal());
      Section.writeTextOrNull(out, outcome.result());
      Section.writeTextOrNull(out, outcome.error());
    }
  }

  static ControlReport read(DataInputStream in) throws IOException {
    long version = in.readLong();
    long received = in.readLong();
    int count = Section.count(in, in.readInt());
    Map<Long, EventOutcome> outcomes = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      long sequence = in.readLong();
      int state = in.readUnsignedByte();
      if (state >= EventState.values().length || !EventState.values()[state].isEnd()) {
        throw new IOException("an outcome of no known kind");
      }
      String result = Section.readTextOrNull(in);
      outcomes.put(sequence, new EventOutcome(EventState.values()[state], result, Section.readTextOrNull(in)));
    }
    return new ControlReport(version, received, outcomes);
  }
}
