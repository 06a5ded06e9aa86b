package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.EventListener;
import io.sparkexporter.conf.EventTypes;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.event.EventHandler;
import io.sparkexporter.hop.Claims;
import io.sparkexporter.hop.PythonDriver;
import io.sparkexporter.json.JavaValues;
import io.sparkexporter.json.JsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Gives an event to whoever handles its type in this JVM, or in a Python process beside it. */
public final class JvmEventHandler implements EventHandler {
  private final Actions actions;
  private final List<EventListener> listeners;
  private final PythonDriver driver;
  private final Claims claims;

  /**
   * Makes the handler of a JVM.
   *
   * @param driver handlers of the driver's Python process; null in an executor
   * @param claims for Python workers; null in a driver that runs no tasks, or if they cannot be reached
   */
  public JvmEventHandler(Actions actions, List<EventListener> listeners, PythonDriver driver, Claims claims) {
    this.actions = actions;
    this.listeners = listeners;
    this.driver = driver;
    this.claims = claims;
  }

  @Override
  public CompletionStage<String> handle(Event event) throws Exception {
    if (EventTypes.BUILT_IN.contains(event.type())) {
      return CompletableFuture.completedFuture(actions.run(event));
    }
    List<EventListener> listening = new ArrayList<>();
    for (EventListener listener : listeners) {
      if (event.type().equals(listener.type())) {
        listening.add(listener);
      }
    }
    if (!listening.isEmpty()) {
      return CompletableFuture.completedFuture(tell(listening, event));
    }
    if (driver != null && (driver.handlesEvents(event.type()) || claims == null)) {
      return driver.give(event);
    }
    if (claims != null) {
      return claims.offer(event);
    }
    throw new EventFailed("no handler for " + event.type() + " in this executor, and its Python workers cannot be reached");
  }

  /** All listeners get the event, even if one of them fails. Of several, the result is the list of theirs. */
  private static String tell(List<EventListener> listening, Event event) throws Exception {
    List<Object> results = new ArrayList<>();
    Exception failed = null;
    for (EventListener listener : listening) {
      try {
        results.add(listener.onEvent(event));
      } catch (Exception failure) {
        failed = failed == null ? failure : failed;
      }
    }
    if (failed != null) {
      throw failed;
    }
    try {
      return JavaValues.toJson(results.size() == 1 ? results.get(0) : results);
    } catch (JsonException strange) {
      throw new EventFailed("the result: " + strange.getMessage());
    }
  }
}
