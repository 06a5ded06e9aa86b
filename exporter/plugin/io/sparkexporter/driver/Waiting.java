package io.sparkexporter.driver;

import java.util.concurrent.Semaphore;

/** How many requests may wait at the same time. Thread-safe. */
final class Waiting {
  private final Semaphore places;

  Waiting(int count) {
    places = new Semaphore(count);
  }

  /** What takes its time. */
  interface Work<T> {
    T run() throws InterruptedException;
  }

  /**
   * Does something that waits, if there is a place for it.
   *
   * @param otherwise what else the client may do
   */
  <T> T during(String otherwise, Work<T> work) throws BadRequest, InterruptedException {
    if (!places.tryAcquire()) {
      throw new BadRequest(
          503, "too many clients are waiting; ask " + otherwise + ", or raise spark.exporter.maxWaiting");
    }
    try {
      return work.run();
    } finally {
      places.release();
    }
  }
}
