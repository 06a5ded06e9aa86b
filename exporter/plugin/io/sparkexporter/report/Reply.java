package io.sparkexporter.report;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** What the driver answers to a report. */
public final class Reply {
  private long session;
  private long acknowledged;
  private int metricsKnown;
  private int seriesKnown;
  private int readingsKnown;
  private int gapMillis;
  private ControlReply control;

  private Reply() {}

  /**
   * Makes a reply.
   *
   * @param acknowledged the last report of the session that was taken in; 0 if there is none
   * @param metricsKnown how many metrics of the session the driver knows
   * @param seriesKnown how many series of the session the driver knows
   * @param readingsKnown how many names of readings of the session the driver knows
   * @param gapMillis the least time that the executor should leave between two reports
   */
  public Reply(long session, long acknowledged, int metricsKnown, int seriesKnown, int readingsKnown, int gapMillis) {
    this.session = session;
    this.acknowledged = acknowledged;
    this.metricsKnown = metricsKnown;
    this.seriesKnown = seriesKnown;
    this.readingsKnown = readingsKnown;
    this.gapMillis = gapMillis;
  }

  /** Adds what came from outside; null if there is nothing of the kind. */
  public Reply with(ControlReply fromOutside) {
    control = fromOutside;
    return this;
  }

  /** Returns the reply as bytes. */
  public byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(Section.VERSION);
    Section.write(
        out,
        Section.REPLY_HEAD,
        section -> {
          section.writeLong(session);
          section.writeLong(acknowledged);
          section.writeInt(metricsKnown);
          section.writeInt(seriesKnown);
        });
    Section.write(out, Section.PACE, section -> section.writeInt(gapMillis));
    Section.write(out, Section.READINGS_KNOWN, section -> section.writeInt(readingsKnown));
    if (control != null) {
      Section.write(out, Section.CONTROL_REPLY, control::write);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads a reply.
   *
   * @throws IOException if the bytes are not a whole reply of this version
   */
  public static Reply fromBytes(byte[] bytes) throws IOException {
    Reply reply = new Reply();
    Section.readAll(bytes, reply::read);
    return reply;
  }

  private void read(int section, DataInputStream in) throws IOException {
    if (section == Section.REPLY_HEAD) {
      session = in.readLong();
      acknowledged = in.readLong();
      metricsKnown = in.readInt();
      seriesKnown = in.readInt();
    } else if (section == Section.PACE) {
      gapMillis = in.readInt();
    } else if (section == Section.READINGS_KNOWN) {
      readingsKnown = in.readInt();
    } else if (section == Section.CONTROL_REPLY) {
      control = ControlReply.read(in);
    }
  }

  long session() {
    return session;
  }

  long acknowledged() {
    return acknowledged;
  }

  int metricsKnown() {
    return metricsKnown;
  }

  int seriesKnown() {
    return seriesKnown;
  }

  int readingsKnown() {
    return readingsKnown;
  }

  /** Null if nothing can come from outside. */
  ControlReply control() {
    return control;
  }

  int gapMillis() {
    return gapMillis;
  }
}
