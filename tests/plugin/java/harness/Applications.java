package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.driver.Application;
import io.sparkexporter.driver.ApplicationStore;
import io.sparkexporter.driver.QueryWork;
import io.sparkexporter.driver.SnapshotWriter;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** Application stores with a clock that only moves when told to, and the executors that report to them. */
final class Applications {
  static final Harness.Objects<Applications> ALL = new Harness.Objects<>();
  private static final Harness.Objects<FakeExecutor> EXECUTORS = new Harness.Objects<>();

  final ApplicationStore store;
  final SnapshotWriter writer;
  private final QueryWork work;
  private final Drops drops = new Drops();
  private int jsonMade;
  private volatile double now = 1_000_000;
  /** Null if nothing can come from outside. */
  volatile Steering steering;

  private Applications(JsonNode arguments) {
    String boot = arguments.get("boot").asText();
    store = new ApplicationStore(boot, Convert.settings(arguments.get("settings")), drops, () -> now);
    work = new QueryWork(store::activeQuery);
    boolean local = arguments.has("local") && arguments.get("local").asBoolean();
    boolean empty = arguments.has("begins_empty") && arguments.get("begins_empty").asBoolean();
    String name = arguments.has("name") ? arguments.get("name").asText() : "etl";
    Application about = new Application("app-1", name, null, "4.3.0", "spark", 999_999.5, () -> 2, local, empty);
    writer = new SnapshotWriter(about, "0.0.0", null);
  }

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("store_new", arguments -> ALL.add(new Applications(arguments)));
    commands.put("store_snapshot", Applications::snapshot);
    commands.put("store_event", Applications::event);
    commands.put("store_query", Applications::query);
    commands.put("store_work", Applications::work);
    commands.put("store_garbage", Applications::garbage);
    commands.put("executor_new", arguments -> EXECUTORS.add(new FakeExecutor(arguments)));
    commands.put("executor_set", arguments -> EXECUTORS.get(arguments.get("executor")).set(arguments));
    commands.put("executor_readings", arguments -> EXECUTORS.get(arguments.get("executor")).setReadings(arguments));
    commands.put("executor_report", Applications::report);
  }

  static FakeExecutor executor(JsonNode arguments) {
    return EXECUTORS.get(arguments.get("executor"));
  }

  double now() {
    return now;
  }

  private static Applications of(JsonNode arguments) {
    return ALL.get(arguments.get("store"));
  }

  private static Object snapshot(JsonNode arguments) {
    Applications application = of(arguments);
    byte[] json =
        application.writer.write(
            application.store.snapshot(
                arguments.get("after").asLong(),
                arguments.get("metrics").asInt(),
                arguments.get("series").asInt(),
                arguments.get("readings").asInt()));
    Map<String, Object> answer = new LinkedHashMap<>();
    // As text, so that the reader of the test sees the very bytes.
    answer.put("json", new String(json, StandardCharsets.UTF_8));
    for (Reason reason : Reason.values()) {
      answer.put(reason.label(), application.drops.get(reason));
    }
    return answer;
  }

  private static Object event(JsonNode arguments) {
    Applications application = of(arguments);
    String id = arguments.has("id") ? arguments.get("id").asText() : null;
    switch (arguments.get("event").asText()) {
      case "added":
        application.store.executorAdded(id, "host-" + id, application.now);
        break;
      case "removed":
        application.store.executorRemoved(id, arguments.get("reason").asText(), application.now);
        break;
      case "task_ended":
        application.store.taskEnded(id);
        break;
      case "job_ended":
        application.store.outcome().jobEnded(arguments.get("failed").asBoolean());
        break;
      case "exited":
        application.store.outcome().exited(arguments.get("code").asInt());
        break;
      case "counted":
        application.store.sums().count(arguments.get("name").asText());
        break;
      case "driver_ended":
        Boolean failed = arguments.get("failed").isNull() ? null : arguments.get("failed").asBoolean();
        application.store.outcome().askAtTheEnd(() -> failed);
        application.store.outcome().applicationEnded();
        break;
      case "finished":
        application.store.finish();
        break;
      default:
        application.now += arguments.get("seconds").asDouble();
    }
    return null;
  }

  private static Object query(JsonNode arguments) {
    Applications application = of(arguments);
    ApplicationStore store = application.store;
    String run = arguments.get("run").asText();
    String id = arguments.has("id") ? arguments.get("id").asText() : "query";
    switch (arguments.get("event").asText()) {
      case "started":
        store.queryStarted(id, run, arguments.get("name").asText(null), application.now);
        break;
      case "progress":
        String json = arguments.get("json").asText();
        store.queryProgressed(
            id, run, null, application.now, () -> application.made(json), one -> one.add("batches", 1));
        break;
      case "idle":
        store.queryIdle(id, run, application.now);
        break;
      default:
        store.queryEnded(id, run, arguments.get("exception").asText(null));
    }
    return application.jsonMade;
  }

  /** Lets jobs, stages and tasks begin and end. */
  private static Object work(JsonNode arguments) {
    QueryWork work = of(arguments).work;
    for (JsonNode step : arguments.get("steps")) {
      int number = step.get(1).asInt();
      switch (step.get(0).asText()) {
        case "job":
          work.jobStarted(number, properties(step.get(2)));
          break;
        case "job ends":
          work.jobEnded(number);
          break;
        case "stage":
          work.stageSubmitted(number, properties(step.get(2)));
          break;
        case "stage ends":
          work.stageCompleted(number);
          break;
        default:
          work.taskEnded(number);
      }
    }
    return null;
  }

  private static Properties properties(JsonNode given) {
    if (given.isNull()) {
      return null;
    }
    Properties properties = new Properties();
    given.fieldNames().forEachRemaining(key -> properties.setProperty(key, given.get(key).asText()));
    return properties;
  }

  private String made(String json) {
    jsonMade++;
    if (json.equals("fails")) {
      throw new IllegalStateException("no JSON today");
    }
    return json.equals("long") ? '"' + String.join("", Collections.nCopies(1 << 20, "x")) + '"' : json;
  }

  private static Object garbage(JsonNode arguments) throws Exception {
    of(arguments).store.receive(arguments.get("bytes").binaryValue());
    return null;
  }

  private static Object report(JsonNode arguments) throws Exception {
    return EXECUTORS.get(arguments.get("executor")).report(of(arguments).store, arguments.get("fate").asText());
  }
}
