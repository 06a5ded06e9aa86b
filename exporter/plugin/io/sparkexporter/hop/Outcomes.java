package io.sparkexporter.hop;

import io.sparkexporter.event.EventFailed;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The events that one Python process has and whose outcome is not known yet. Guarded by itself. */
final class Outcomes {
  private final Map<String, CompletableFuture<String>> open = new LinkedHashMap<>();
  private boolean closed;

  /** Notes that the process has the event. */
  void expect(String event, CompletableFuture<String> done) {
    synchronized (this) {
      if (!closed) {
        open.put(event, done);
        return;
      }
    }
    fail(done, "the Python process ended before it was done");
  }

  /**
   * Takes an outcome; returns whether the process has the event.
   *
   * @param failure null if it was handled
   */
  boolean take(String event, String result, Exception failure) {
    CompletableFuture<String> done;
    synchronized (this) {
      done = open.remove(event);
    }
    if (done == null) {
      return false;
    }
    if (failure == null) {
      done.complete(result);
    } else {
      done.completeExceptionally(failure);
    }
    return true;
  }

  /** The process is gone. */
  void close() {
    Map<String, CompletableFuture<String>> left;
    synchronized (this) {
      closed = true;
      left = new LinkedHashMap<>(open);
      open.clear();
    }
    left.values().forEach(done -> fail(done, "the Python process ended before it was done"));
  }

  private static void fail(CompletableFuture<String> done, String sentence) {
    done.completeExceptionally(new EventFailed(sentence));
  }
}
