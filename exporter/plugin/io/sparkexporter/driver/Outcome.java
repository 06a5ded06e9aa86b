package io.sparkexporter.driver;

/** What the application would end as if it ended now. Thread-safe. */
public final class Outcome {
  static final String COMPLETED = "completed";
  static final String FAILED = "failed";

  private boolean known;
  private boolean exitFailed;
  private boolean jobFailed;
  private boolean queryFailed;

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

  /** Notes with which code Spark was told to stop. */
  public synchronized void exited(int code) {
    known = true;
    exitFailed = code != 0;
  }

  /**
   * Returns the word for it, or null as long as nothing is known.
   *
   * @param ended whether there will be nothing more to know
   */
  synchronized String label(boolean ended) {
    if (exitFailed || jobFailed || queryFailed) {
      return FAILED;
    }
    return known || ended ? COMPLETED : null;
  }
}
