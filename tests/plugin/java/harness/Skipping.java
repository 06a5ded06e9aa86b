package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.driver.SkippedStages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Jobs and their stages, as Spark's events tell of them. */
final class Skipping {
  private Skipping() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("skipped_stages", Skipping::replay);
  }

  /** Replays events; returns for each job that ends how many stages it has skipped. */
  private static Object replay(JsonNode arguments) {
    SkippedStages stages = new SkippedStages();
    List<Integer> skipped = new ArrayList<>();
    for (JsonNode event : arguments.get("events")) {
      int id = event.get(1).asInt();
      switch (event.get(0).asText()) {
        case "start":
          stages.started(id);
          event.get(2).forEach(need -> stages.needs(id, need.get(0).asInt(), need.get(1).asInt()));
          break;
        case "submit":
          stages.submitted(id, event.get(2).asInt());
          break;
        case "task":
          stages.task(id, event.get(2).asInt(), event.get(3).asInt());
          break;
        case "complete":
          stages.completed(id, event.get(2).asInt(), event.get(3).asBoolean());
          break;
        default:
          skipped.add(stages.ended(id));
      }
    }
    return skipped;
  }
}
