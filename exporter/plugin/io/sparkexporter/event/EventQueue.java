package io.sparkexporter.event;

import io.sparkexporter.Event;
import io.sparkexporter.message.Deadlines;
import java.util.concurrent.CompletionStage;

/**
 * Gives the events of one JVM to its handler in their order, on a daemon thread that starts with the first. What has not
 * begun when its time is over ends then, whatever is before it. Thread-safe.
 */
public final class EventQueue {
  private final EventHandler handler;
  private final Listener listener;
  private final Deadlines deadlines = new Deadlines();
  private final EventLane lane = new EventLane("spark-exporter-events", this::handle);
  private boolean closed;

  /** Hears what becomes of events. */
  @FunctionalInterface
  public interface Listener {
    /** Called once for each event, on any thread. */
    void ended(long sequence, EventOutcome outcome);
  }

  /** Makes an empty queue without a thread. */
  public EventQueue(EventHandler handler, Listener listener) {
    this.handler = handler;
    this.listener = listener;
  }

  /** Adds an event. The driver bounds how many there are. */
  public synchronized void add(long sequence, Event event) {
    if (closed) {
      return;
    }
    EventLane.Entry entry = new EventLane.Entry(sequence, event);
    entry.expiry = deadlines.after(event.remainingMillis(), () -> expire(entry));
    lane.add(entry);
  }

  /** Begins no more events. The one that is being handled is interrupted. */
  public synchronized void close() {
    closed = true;
    deadlines.stop();
    lane.close();
  }

  private void expire(EventLane.Entry entry) {
    boolean waits;
    synchronized (this) {
      // Not before it was added.
      waits = lane.remove(entry);
    }
    if (waits) {
      listener.ended(entry.sequence, EventOutcome.of(new EventExpired()));
    }
  }

  private void handle(EventLane.Entry entry) {
    entry.expiry.cancel(false);
    if (entry.event.remainingMillis() == 0) {
      listener.ended(entry.sequence, EventOutcome.of(new EventExpired()));
      return;
    }
    try {
      CompletionStage<String> stage = begin(entry.event);
      if (stage == null) {
        listener.ended(entry.sequence, EventOutcome.handled(null));
        return;
      }
      stage.whenComplete((result, failure) -> listener.ended(entry.sequence, outcome(result, failure)));
    } catch (Throwable failure) {
      // A handler of the user's that fails must not take the ones of later events with it.
      listener.ended(entry.sequence, EventOutcome.of(failure));
    }
  }

  private CompletionStage<String> begin(Event event) throws Exception {
    try {
      return handler.handle(event);
    } finally {
      // A handler may leave its thread interrupted; what is logged or sent after it must not end because of that.
      Thread.interrupted();
    }
  }

  private static EventOutcome outcome(String result, Throwable failure) {
    return failure == null ? EventOutcome.handled(result) : EventOutcome.of(failure);
  }
}
