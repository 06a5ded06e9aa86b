package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.control.Author;
import io.sparkexporter.control.DriverControl;
import io.sparkexporter.event.EventRequest;
import io.sparkexporter.event.EventStore;
import io.sparkexporter.event.Members;
import io.sparkexporter.json.Json;
import io.sparkexporter.json.JsonReader;
import io.sparkexporter.live.LiveCopy;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** What comes from outside, in the driver of an application. */
final class Steering {
  private static final Author AUTHOR = new Author("tester", "127.0.0.1");

  private final FakeHandler handler = new FakeHandler();
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private final LiveCopy copy;
  final DriverControl control;

  private Steering(Applications application, JsonNode arguments) {
    copy = LiveCopy.in(directory(arguments), this::warn);
    copy.heard();
    AtomicLong ids = new AtomicLong();
    boolean local = arguments.has("local") && arguments.get("local").asBoolean();
    control =
        new DriverControl(
            application.store.boot(),
            new Members("driver", local),
            copy,
            handler,
            () -> String.format("%016x", ids.incrementAndGet()),
            application::now);
    control.onChange(application.store::somethingChanged);
    application.store.steerBy(control);
  }

  void warn(String sentence, Throwable cause) {
    warnings.add(sentence + ": " + cause);
  }

  static Path directory(JsonNode arguments) {
    return arguments.hasNonNull("directory") ? Paths.get(arguments.get("directory").asText()) : null;
  }

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("json_read", Steering::read);
    commands.put("control_new", Steering::make);
    commands.put("control_accept", Steering::accept);
    commands.put("control_patch", Steering::patch);
    commands.put("control_config", arguments -> of(arguments).control.config(null, 0).json());
    commands.put("control_event", arguments -> of(arguments).control.event(arguments.get("id").asText(), 0));
    commands.put("control_events", arguments -> of(arguments).control.events());
    commands.put("control_declare", Steering::declare);
    commands.put("control_begin", arguments -> of(arguments).begin());
    commands.put("control_end", arguments -> of(arguments).end());
    commands.put("control_copy", arguments -> copy(of(arguments).copy, of(arguments).warnings));
    commands.put("control_begun", arguments -> of(arguments).handler.begun());
    commands.put("control_release", Steering::release);
    commands.put("control_finish", Steering::finish);
    commands.put("control_waiting", arguments -> threadsIn(".DriverControl", "await"));
    commands.put("control_checking", arguments -> threadsIn(".PatternCheck", "matches"));
    commands.put("executor_steer", arguments -> Applications.executor(arguments).steer(arguments));
    commands.put("executor_read", arguments -> Applications.executor(arguments).beginToRead(arguments));
    commands.put("executor_has_read", arguments -> Applications.executor(arguments).endReading());
    commands.put("executor_close", arguments -> Applications.executor(arguments).close());
    commands.put("executor_copy", arguments -> Applications.executor(arguments).copy());
    commands.put("executor_begun", arguments -> Applications.executor(arguments).handler.begun());
    commands.put("executor_release", Steering::releaseThere);
    commands.put("executor_settle", arguments -> Applications.executor(arguments).settle());
  }

  private static Steering of(JsonNode arguments) {
    return Applications.ALL.get(arguments.get("store")).steering;
  }

  /** Reads JSON from bytes, and writes what was read in both ways. */
  private static Object read(JsonNode arguments) throws Exception {
    Object value = JsonReader.read(arguments.get("bytes").binaryValue());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("json", Json.of(value));
    answer.put("canonical", Json.canonical(value));
    answer.put("class", value == null ? null : value.getClass().getSimpleName());
    return answer;
  }

  private static Object make(JsonNode arguments) {
    Applications application = Applications.ALL.get(arguments.get("store"));
    application.steering = new Steering(application, arguments);
    return null;
  }

  /** Makes it what users of this JVM get to see. */
  private Object begin() {
    copy.install();
    return Declaring.follow(this);
  }

  private Object end() {
    copy.close();
    return Declaring.follow(null);
  }

  private static Object accept(JsonNode arguments) throws Exception {
    EventRequest request = EventRequest.of(JsonReader.read(arguments.get("request").asText()));
    EventStore.Accepted accepted = of(arguments).control.accept(request, AUTHOR);
    return accepted.id();
  }

  @SuppressWarnings("unchecked")
  private static Object patch(JsonNode arguments) throws Exception {
    Map<String, Object> changes = (Map<String, Object>) JsonReader.read(arguments.get("changes").asText());
    Long expected = arguments.hasNonNull("expected") ? (Long) arguments.get("expected").asLong() : null;
    return of(arguments).control.patch(changes, expected, AUTHOR).version();
  }

  @SuppressWarnings("unchecked")
  private static Object declare(JsonNode arguments) throws Exception {
    Map<String, Object> rule = (Map<String, Object>) JsonReader.read(arguments.get("rule").asText());
    of(arguments).control.declare(arguments.get("key").asText(), rule);
    return null;
  }

  /** What a JVM holds; the values as JSON, for a JVM's numbers are not Python's. */
  static Map<String, Object> copy(LiveCopy copy, List<String> warnings) {
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("version", copy.version());
    state.put("values", Json.canonical(copy.values()));
    state.put("warnings", new ArrayList<>(warnings));
    return state;
  }

  private static Object release(JsonNode arguments) {
    of(arguments).handler.release(arguments.get("id").asText(), arguments.get("result").asText(null));
    return null;
  }

  private static Object releaseThere(JsonNode arguments) {
    FakeExecutor executor = Applications.executor(arguments);
    executor.handler.release(arguments.get("id").asText(), arguments.get("result").asText(null));
    return null;
  }

  /** How many threads are in a method that does not call itself. */
  private static Object threadsIn(String className, String method) {
    int count = 0;
    for (StackTraceElement[] stack : Thread.getAllStackTraces().values()) {
      for (StackTraceElement frame : stack) {
        count += frame.getClassName().endsWith(className) && frame.getMethodName().equals(method) ? 1 : 0;
      }
    }
    return count;
  }

  private static Object finish(JsonNode arguments) {
    of(arguments).control.finish();
    return null;
  }
}
