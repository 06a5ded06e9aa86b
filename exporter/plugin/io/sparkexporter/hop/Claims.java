package io.sparkexporter.hop;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventExpired;
import io.sparkexporter.json.Json;
import io.sparkexporter.message.Deadlines;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/** Events that wait for a Python worker to fetch them, each for one worker. Guarded by itself. */
public final class Claims {
  /** What an event takes in an answer beside its payload, at most. */
  private static final int FIELDS = 512;

  private final Deadlines deadlines;
  private final Cell cell;
  private final BiConsumer<String, Throwable> warnings;
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();
  private long offered;

  /** Where workers see without a request that there is something to fetch. */
  @FunctionalInterface
  public interface Cell {
    /** Sets how many events there were so far. */
    void setEvents(long count) throws IOException;
  }

  private static final class Waiting {
    final Event event;
    final CompletableFuture<String> done = new CompletableFuture<>();

    Waiting(Event event) {
      this.event = event;
    }
  }

  /** Makes one without events. */
  public Claims(Deadlines deadlines, Cell cell, BiConsumer<String, Throwable> warnings) {
    this.deadlines = deadlines;
    this.cell = cell;
    this.warnings = warnings;
  }

  /** Lets a worker fetch an event until its time is over. */
  public CompletionStage<String> offer(Event event) {
    Waiting added = new Waiting(event);
    synchronized (this) {
      waiting.put(event.id(), added);
      offered++;
      try {
        cell.setEvents(offered);
      } catch (IOException | RuntimeException failure) {
        warnings.accept("Python workers could not be told that there are events", failure);
      }
    }
    deadlines.after(event.remainingMillis(), () -> expire(event.id()));
    return added.done;
  }

  private void expire(String event) {
    Waiting over;
    synchronized (this) {
      over = waiting.remove(event);
    }
    if (over != null) {
      over.done.completeExceptionally(new EventExpired());
    }
  }

  /**
   * Gives a worker what is there, as a part of a header.
   *
   * @param worker learns what it has to tell the outcome of
   * @param room most bytes
   */
  synchronized void claim(StringBuilder header, Outcomes worker, int room) {
    Json.key(header, "events").append('[');
    int left = room;
    Iterator<Waiting> next = waiting.values().iterator();
    while (next.hasNext()) {
      Waiting one = next.next();
      // Of a text in UTF-16 each character has at most three bytes in UTF-8.
      left -= FIELDS + 3 * one.event.payloadJson().length();
      if (left < 0 && header.charAt(header.length() - 1) != '[') {
        header.append("],\"more\":true");
        return;
      }
      next.remove();
      worker.expect(one.event.id(), one.done);
      Json.comma(header);
      header.append('{');
      Json.text(Json.key(header, "event"), one.event.id());
      write(header, one.event);
      Json.key(header, "payload").append(one.event.payloadJson()).append('}');
    }
    header.append(']');
  }

  /** Writes what all headers say of an event. */
  static void write(StringBuilder header, Event event) {
    Json.text(Json.key(header, "type"), event.type());
    Json.number(Json.key(header, "time"), event.time());
    Json.number(Json.key(header, "expires"), event.expires());
  }
}
