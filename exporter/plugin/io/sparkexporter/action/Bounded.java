package io.sparkexporter.action;

import io.sparkexporter.event.EventFailed;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Lets nothing hold up the events that come after it for long. */
final class Bounded {
  private static final long SECONDS = 30;

  private Bounded() {}

  /** Does something on a thread of its own. */
  static String call(Callable<String> work) throws Exception {
    FutureTask<String> task = new FutureTask<>(work);
    Thread thread = new Thread(task, "spark-exporter-action");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException slow) {
      throw new EventFailed("not done after " + SECONDS + " s; it goes on, but nobody will say how it ends");
    } catch (ExecutionException failure) {
      Throwable cause = failure.getCause();
      if (cause instanceof LinkageError) {
        throw new EventFailed("this needs a part of Spark that is not there: " + cause.getMessage());
      }
      throw cause instanceof Exception ? (Exception) cause : failure;
    }
  }
}
