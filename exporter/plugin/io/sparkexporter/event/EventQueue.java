package io.sparkexporter.event;

import io.sparkexporter.Event;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/** Gives the events of one JVM to its handler, in order, on a daemon thread that starts with the first one. Thread-safe. */
public final class EventQueue {
  private final EventHandler handler;
  private final Listener listener;
  private final LinkedBlockingQueue<Entry> queue = new LinkedBlockingQueue<>();
  private Thread thread;
  private boolean closed;

  /** Hears what becomes of events. */
  @FunctionalInterface
  public interface Listener {
    /** Called once for each event, on any thread. */
    void ended(long sequence, EventOutcome outcome);
  }

  /** An event and its number. */
  private static final class Entry {
    final long sequence;
    final Event event;

    Entry(long sequence, Event event) {
      this.sequence = sequence;
      this.event = event;
    }
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
    queue.add(new Entry(sequence, event));
    if (thread == null) {
      thread = new Thread(this::run, "spark-exporter-events");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Begins no more events. One that is being handled is interrupted. */
  public synchronized void close() {
    closed = true;
    queue.clear();
    if (thread != null) {
      thread.interrupt();
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void run() {
    while (!isClosed()) {
      try {
        handle(queue.take());
      } catch (InterruptedException woken) {
        // By close, or by a handler that interrupted its own thread.
      }
    }
  }

  private void handle(Entry entry) {
    if (entry.event.remainingMillis() == 0) {
      listener.ended(entry.sequence, EventOutcome.of(new EventExpired()));
      return;
    }
    try {
      CompletionStage<String> stage = handler.handle(entry.event);
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

  private static EventOutcome outcome(String result, Throwable failure) {
    return failure == null ? EventOutcome.handled(result) : EventOutcome.of(failure);
  }
}
