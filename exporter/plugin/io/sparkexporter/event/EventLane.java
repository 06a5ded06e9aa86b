package io.sparkexporter.event;

import io.sparkexporter.Event;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** Events of one JVM of which each waits for the one before it; their thread starts with the first. Thread-safe. */
final class EventLane {
  private final String name;
  private final Consumer<Entry> handler;
  private final LinkedBlockingQueue<Entry> queue = new LinkedBlockingQueue<>();
  private Thread thread;
  private boolean closed;

  /** An event and its number. */
  static final class Entry {
    final long sequence;
    final Event event;
    /** What ends it if it does not begin in time; set before it is added. */
    Future<?> expiry;

    Entry(long sequence, Event event) {
      this.sequence = sequence;
      this.event = event;
    }
  }

  /**
   * Makes one without events.
   *
   * @param name of its thread
   * @param handler throws nothing
   */
  EventLane(String name, Consumer<Entry> handler) {
    this.name = name;
    this.handler = handler;
  }

  synchronized void add(Entry entry) {
    queue.add(entry);
    if (thread == null) {
      thread = new Thread(this::run, name);
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Takes an event out again; returns whether it had not begun. */
  synchronized boolean remove(Entry entry) {
    return queue.remove(entry);
  }

  /** Begins no more events. One that is being handled is interrupted. */
  synchronized void close() {
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
        handler.accept(queue.take());
      } catch (InterruptedException woken) {
        // By close, or by a handler that interrupted its own thread.
      }
    }
  }
}
