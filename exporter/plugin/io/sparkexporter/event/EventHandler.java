package io.sparkexporter.event;

import io.sparkexporter.Event;
import java.util.concurrent.CompletionStage;

/** Does what an event asks for, in one JVM. */
@FunctionalInterface
public interface EventHandler {
  /**
   * Begins to handle an event. Events come in order, on one thread; the next one comes when this returns.
   *
   * @return completes with the result as JSON, or null for none. With {@link EventExpired} the event counts as expired,
   *     with {@link EventFailed} as failed for the reason in its message, with any other exception as failed by it
   */
  CompletionStage<String> handle(Event event) throws Exception;
}
