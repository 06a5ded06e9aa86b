package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import io.sparkexporter.control.DriverControl;
import java.io.IOException;
import java.util.Set;

/** Through which all comes that steers the application: what is allowed, how often, and how many may wait. Thread-safe. */
final class Door {
  private final DriverControl control;
  private final Set<String> allowed;
  private final ChangeRequests changes = new ChangeRequests(System::nanoTime);
  private final Waiting waiting;

  /**
   * Makes one.
   *
   * @param allowed words of {@code spark.exporter.events.allow}
   * @param maxWaiting how many may wait at the same time
   */
  Door(DriverControl control, Set<String> allowed, int maxWaiting) {
    this.control = control;
    this.allowed = allowed;
    this.waiting = new Waiting(maxWaiting);
  }

  /** What is behind it. */
  DriverControl control() {
    return control;
  }

  /** Refuses what needs a word that is not allowed. */
  void require(String word, String what) throws BadRequest {
    if (!allowed.contains(word)) {
      throw new BadRequest(403, what + " are not allowed; spark.exporter.events.allow does not name " + word);
    }
  }

  /** Returns the body of a request that changes something, as JsonReader gives it. */
  Object body(HttpExchange exchange) throws BadRequest, IOException {
    return changes.body(exchange);
  }

  /** Does something that takes up to so many milliseconds; if that is not 0, there must be a place to wait. */
  <T> T within(long millis, Waiting.Work<T> work) throws BadRequest, InterruptedException {
    return millis == 0 ? work.run() : waiting.during("without wait", work);
  }
}
