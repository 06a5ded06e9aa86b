package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.driver.OperatorTotals;
import io.sparkexporter.driver.RemovalReasons;
import io.sparkexporter.driver.SqlExecutions;
import io.sparkexporter.driver.SqlMetricType;
import io.sparkexporter.driver.SqlPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** SQL executions of application stores, as Spark's events tell of them. */
final class Executions {
  private Executions() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("sql_event", Executions::event);
    commands.put("operator_kind", arguments -> OperatorTotals.kindOf(arguments.get("node").asText()));
    commands.put("metric_type", arguments -> SqlMetricType.of(arguments.get("type").asText()));
    commands.put("removal_class", arguments -> RemovalReasons.classify(arguments.get("reason").asText(null)));
    commands.put("executor_went", Executions::went);
  }

  private static Object went(JsonNode arguments) {
    of(arguments).store.sums().countRemoval(arguments.get("reason").asText(null));
    return null;
  }

  private static Applications of(JsonNode arguments) {
    return Applications.ALL.get(arguments.get("store"));
  }

  private static Object event(JsonNode arguments) {
    SqlExecutions sql = of(arguments).store.sql();
    long id = arguments.get("id").asLong();
    switch (arguments.get("event").asText()) {
      case "started":
        sql.started(id, arguments.get("time").asLong(), plan(arguments.get("plan")));
        break;
      case "replanned":
        sql.replanned(id, plan(arguments.get("plan")));
        break;
      case "measured":
        sql.measured(id, arguments.get("accumulator").asLong(), arguments.get("update").asLong());
        break;
      case "needs":
        sql.needs(id, stages(arguments.get("stages")));
        break;
      case "attempted":
        sql.attempted((int) id, arguments.get("attempt").asInt());
        break;
      case "succeeded":
        sql.succeeded(
            (int) id,
            arguments.get("attempt").asInt(),
            arguments.get("index").asInt(),
            updates ->
                arguments.get("updates").forEach(one -> updates.accept(one.get(0).asLong(), one.get(1).asLong())));
        break;
      default:
        sql.ended(id, arguments.get("time").asLong(), arguments.get("failed").asBoolean());
    }
    return null;
  }

  private static List<Integer> stages(JsonNode array) {
    List<Integer> stages = new ArrayList<>();
    array.forEach(stage -> stages.add(stage.asInt()));
    return stages;
  }

  private static SqlPlan plan(JsonNode rows) {
    return visitor ->
        rows.forEach(
            row ->
                visitor.accept(
                    row.get(0).asText(), row.get(1).asText(), row.get(2).asLong(), row.get(3).asText(null)));
  }
}
