package io.sparkexporter.driver;

import java.util.function.Supplier;

/** What the application would end as if it ended now. Thread-safe. */
public final class Outcome {
  static final String COMPLETED = "completed";
  static final String FAILED = "failed";

  private boolean known;
  private boolean jobFailed;
  private boolean queryFailed;
  private boolean exitFailed;
  /** Null as long as nothing is known of it. */
  private Boolean driverFailed;

  private Supplier<Boolean> driver = () -> null;

  /**
   * Says whom to ask at the end.
   *
   * @param failed returns whether the driver's own program has failed; null if that is not known
   */
  public synchronized void askAtTheEnd(Supplier<Boolean> failed) {
    driver = failed;
  }

  /** Notes how the job ended that ended last. */
  public synchronized void jobEnded(boolean failed) {
    known = true;
    jobFailed = failed;
  }

  /** Notes how the streaming query ended that ended last. */
  public synchronized void queryEnded(boolean failed) {
    known = true;
    queryFailed = failed;
  }

  /** Notes with which code Spark was told to stop. It is 0, too, when nobody gave it one, so that says nothing. */
  public synchronized void exited(int code) {
    known = true;
    exitFailed = code != 0;
  }

  /** Notes that the application has ended, and asks how its driver does; that may wait a moment. */
  public void applicationEnded() {
    Supplier<Boolean> asked;
    synchronized (this) {
      asked = driver;
    }
    Boolean failed = asked.get();
    synchronized (this) {
      driverFailed = failed;
    }
  }

  /**
   * Returns the word for it, or null as long as nothing is known. What the driver itself ended with counts; only when that
   * is not known does the last that Spark ran.
   *
   * @param ended whether there will be nothing more to know
   */
  synchronized String label(boolean ended) {
    if (exitFailed || (driverFailed != null ? driverFailed : jobFailed || queryFailed)) {
      return FAILED;
    }
    return known || driverFailed != null || ended ? COMPLETED : null;
  }
}
