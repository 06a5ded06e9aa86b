package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.Event;
import io.sparkexporter.Messages;
import io.sparkexporter.event.EventHandler;
import io.sparkexporter.event.EventQueue;
import io.sparkexporter.json.JsonReader;
import io.sparkexporter.jvm.LocalServices;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.live.LiveRefused;
import io.sparkexporter.live.LiveStore;
import io.sparkexporter.live.Proposal;
import io.sparkexporter.live.Rule;
import io.sparkexporter.message.Pump;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;

/** The messages, events and local connections of drivers and their executors, and a network with a will of its own. */
final class Messaging {
  private static final Harness.Objects<Messaging> ALL = new Harness.Objects<>();

  final LocalServices services;
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private final EventHandler events;
  private final EventQueue queue;
  /** Ids of the events of the queue; the place is the number. */
  private final List<String> queued = new ArrayList<>();
  private final List<String> ended = Collections.synchronizedList(new ArrayList<>());
  private final LiveStore live = new LiveStore();
  private final Map<String, CompletableFuture<String>> outcomes = new ConcurrentHashMap<>();
  private final FakeTopics topics = new FakeTopics();

  private Messaging(JsonNode arguments) throws Exception {
    Path directory = Steering.directory(arguments);
    boolean isDriver = !arguments.hasNonNull("driver");
    if (isDriver) {
      services = LocalServices.inDriver(Convert.settings(arguments.get("settings")), this::warn);
    } else {
      Messaging driver = ALL.get(arguments.get("driver"));
      services =
          LocalServices.inExecutor(
              arguments.get("id").asText(),
              Convert.settings(arguments.get("settings")),
              channel(driver.services, Convert.texts(arguments.get("fates"))),
              this::warn);
    }
    boolean isSteered = arguments.get("steered").asBoolean();
    LiveCopy copy = isSteered ? LiveCopy.in(directory, this::warn) : null;
    events = isSteered ? services.events(null, null, copy.file()) : null;
    queue = new EventQueue(events, (number, outcome) -> ended.add(queued.get((int) number) + " " + outcome.state().label()));
    services.open(directory, isSteered, isSteered && isDriver ? this::declare : null);
  }

  private void declare(String key, Map<String, Object> source) throws LiveRefused {
    Rule rule = Rule.of(key, source);
    rule.checkPresent(live.declare(rule));
  }

  private void warn(String sentence, Throwable cause) {
    warnings.add(sentence + ": " + cause);
  }

  /** Each call meets the next fate; after the last one all is well. */
  private static Pump.Channel channel(LocalServices driver, List<String> fates) {
    AtomicInteger next = new AtomicInteger();
    List<byte[]> late = new ArrayList<>();
    return batch -> {
      int call = next.getAndIncrement();
      switch (call < fates.size() ? fates.get(call) : "arrives") {
        case "lost":
          throw new IllegalStateException("the network is down");
        case "reply_lost":
          driver.receive(batch);
          throw new IllegalStateException("the reply was lost");
        case "late":
          late.add(batch);
          throw new IllegalStateException("it takes too long");
        case "twice":
          driver.receive(batch);
          return driver.receive(batch);
        case "silent":
          return null;
        case "garbage":
          return new byte[] {2, 0, 1};
        default:
          byte[] reply = driver.receive(batch);
          for (byte[] old : late) {
            driver.receive(old);
          }
          late.clear();
          return reply;
      }
    };
  }

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("services_new", arguments -> ALL.add(new Messaging(arguments)));
    commands.put("services_stop", arguments -> of(arguments).stop(arguments.get("patience").asLong()));
    commands.put("services_warnings", arguments -> new ArrayList<>(of(arguments).warnings));
    commands.put("services_counts", arguments -> of(arguments).counts());
    commands.put("topic_handle", arguments -> of(arguments).handle(arguments));
    commands.put("topic_seen", arguments -> of(arguments).topics.seen(arguments.get("topic").asText()));
    commands.put("topic_release", arguments -> of(arguments).topics.release(arguments.get("topic").asText()));
    commands.put("message_ask", FakeTopics::ask);
    commands.put("message_send", FakeTopics::send);
    commands.put("event_give", arguments -> of(arguments).give(arguments));
    commands.put("event_outcome", arguments -> of(arguments).outcome(arguments.get("id").asText()));
    commands.put("event_queue", arguments -> of(arguments).queue(arguments));
    commands.put("events_ended", arguments -> of(arguments).ended());
    commands.put("listener_release", arguments -> NamedListener.release());
    commands.put("batch_receive", arguments -> of(arguments).services.receive(arguments.get("bytes").binaryValue()));
    commands.put("log_level", Messaging::logLevel);
    commands.put("rules", arguments -> of(arguments).live.rulesJson());
    commands.put("value_set", arguments -> of(arguments).set(arguments));
  }

  /** Returns the level that a logger has; sets it before if asked to. */
  private static Object logLevel(JsonNode arguments) {
    String logger = arguments.get("logger").asText();
    if (arguments.has("set")) {
      Configurator.setLevel(logger, Level.getLevel(arguments.get("set").asText()));
    }
    return LogManager.getLogger(logger).getLevel().name();
  }

  private Object set(JsonNode arguments) throws Exception {
    Proposal proposal =
        live.propose(Collections.singletonMap(arguments.get("key").asText(), arguments.get("value").asText()), null);
    proposal.check();
    return live.patch(proposal);
  }

  private static Messaging of(JsonNode arguments) {
    return ALL.get(arguments.get("services"));
  }

  private Object stop(long patience) {
    queue.close();
    services.stop(patience);
    return null;
  }

  private Object counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    services.counts().entries().forEach(entry -> counts.put(entry.topic + " " + entry.result, entry.count));
    return counts;
  }

  private Object handle(JsonNode arguments) {
    String topic = arguments.get("topic").asText();
    // What users call works on the services that were made last.
    Messages.handle(topic, topics.handler(topic, arguments.get("does").asText()));
    return null;
  }

  private static Event event(JsonNode arguments) throws Exception {
    String payload = arguments.get("payload").asText();
    long millis = arguments.get("millis").asLong();
    String id = arguments.get("id").asText();
    return new Event(id, arguments.get("type").asText(), JsonReader.read(payload), payload, 1, 2, millis);
  }

  /** Gives an event to this JVM behind those that it has already. */
  private Object queue(JsonNode arguments) throws Exception {
    Event event = event(arguments);
    queued.add(event.id());
    queue.add(queued.size() - 1, event);
    return null;
  }

  /** What became of the events of the queue, as it became of them. */
  private List<String> ended() {
    synchronized (ended) {
      return new ArrayList<>(ended);
    }
  }

  private Object give(JsonNode arguments) {
    String id = arguments.get("id").asText();
    CompletableFuture<String> outcome = new CompletableFuture<>();
    outcomes.put(id, outcome);
    try {
      events
          .handle(event(arguments))
          .whenComplete(
              (result, failure) -> {
                if (failure == null) {
                  outcome.complete(result);
                } else {
                  outcome.completeExceptionally(failure);
                }
              });
    } catch (Exception failure) {
      outcome.completeExceptionally(failure);
    }
    return null;
  }

  /** Returns null while there is none, else what became of it. */
  private Object outcome(String id) {
    CompletableFuture<String> outcome = outcomes.get(id);
    if (!outcome.isDone()) {
      return null;
    }
    List<Object> words = new ArrayList<>();
    outcome.whenComplete(
        (result, failure) -> {
          words.add(failure == null ? "handled" : failure.getClass().getSimpleName());
          words.add(failure == null ? result : failure.getMessage());
        });
    return words;
  }
}
