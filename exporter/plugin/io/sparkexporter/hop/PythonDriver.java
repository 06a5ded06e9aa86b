package io.sparkexporter.hop;

import io.sparkexporter.Event;
import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.message.Answer;
import io.sparkexporter.message.Exchange;
import io.sparkexporter.message.Remote;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** The handlers that the driver's Python process has. */
public final class PythonDriver implements Remote {
  /** In the order in which they came; the last one that handles something gets it. */
  private final List<PythonHandlers> connections = new ArrayList<>();
  private volatile Map<String, PythonHandlers> topics = Collections.emptyMap();
  private volatile Map<String, PythonHandlers> events = Collections.emptyMap();
  private volatile Predicate<String> topicsOfJvm = topic -> false;
  private volatile Predicate<String> eventsOfJvm = type -> false;

  /** Sets which topics are answered in the JVM, so that none of them comes here. */
  public void setTopicsOfJvm(Predicate<String> which) {
    topicsOfJvm = which;
  }

  /** Sets which types of events are handled in the JVM, so that none of them comes here. */
  public void setEventsOfJvm(Predicate<String> which) {
    eventsOfJvm = which;
  }

  boolean isTopicOfJvm(String topic) {
    return topicsOfJvm.test(topic);
  }

  boolean isEventOfJvm(String type) {
    return eventsOfJvm.test(type);
  }

  synchronized void changed(PythonHandlers connection) {
    if (!connections.contains(connection)) {
      connections.add(connection);
    }
    index();
  }

  synchronized void remove(PythonHandlers connection) {
    connections.remove(connection);
    index();
  }

  private void index() {
    Map<String, PythonHandlers> byTopic = new HashMap<>();
    Map<String, PythonHandlers> byType = new HashMap<>();
    for (PythonHandlers connection : connections) {
      connection.topics().forEach(topic -> byTopic.put(topic, connection));
      connection.events().forEach(type -> byType.put(type, connection));
    }
    topics = byTopic;
    events = byType;
  }

  @Override
  public boolean handles(String topic) {
    return topics.containsKey(topic);
  }

  @Override
  public void carry(Exchange exchange) {
    PythonHandlers connection = topics.get(exchange.message().topic());
    if (connection == null) {
      exchange.finish(Answer.failed(Reason.NO_HANDLER, "no handler for \"" + exchange.message().topic() + "\" in the driver"));
    } else {
      connection.give(exchange);
    }
  }

  /** Whether it handles events of a type. */
  public boolean handlesEvents(String type) {
    return events.containsKey(type);
  }

  /** Gives it an event. */
  public CompletionStage<String> give(Event event) {
    CompletableFuture<String> done = new CompletableFuture<>();
    PythonHandlers connection = events.get(event.type());
    if (connection == null) {
      done.completeExceptionally(new EventFailed("no handler for " + event.type() + " in the driver"));
    } else {
      connection.give(event, done);
    }
    return done;
  }
}
