package io.sparkexporter.event;

import java.util.ArrayDeque;
import java.util.Deque;

/** A live JVM, and what it is known to have. Guarded by its owner. */
public final class Member {
  final String id;
  /** Events that it has not confirmed, the oldest first; some may have ended without it. */
  final Deque<EventRecord> pending = new ArrayDeque<>();
  private long session;
  private boolean hasSession;
  private long received;
  private long version;

  Member(String id) {
    this.id = id;
  }

  /** Returns whether this is another instance of the plugin than the one before. */
  boolean begins(long reporting) {
    boolean replaced = hasSession && session != reporting;
    if (replaced) {
      received = 0;
      version = 0;
    }
    session = reporting;
    hasSession = true;
    return replaced;
  }

  /** Its name for Spark, or {@code driver}. */
  public String id() {
    return id;
  }

  /** Version of the live configuration that it holds. */
  public long version() {
    return version;
  }

  /** Notes what it holds. Reports may come late, so an older version says nothing. Returns whether that is new. */
  public boolean holds(long newer) {
    boolean rises = newer > version;
    version = Math.max(version, newer);
    return rises;
  }

  void await(EventRecord event) {
    if (pending.size() >= EventStore.MAX_EVENTS) {
      forgetEnded();
    }
    pending.add(event);
  }

  /** Drops the events that have ended without it. */
  void forgetEnded() {
    pending.removeIf(event -> event.recipients.get(id).state != EventState.ACCEPTED);
  }

  void confirm(long sequence) {
    received = Math.max(received, sequence);
  }

  long received() {
    return received;
  }
}
