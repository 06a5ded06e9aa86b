package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.LiveConfig;
import io.sparkexporter.LiveRule;
import io.sparkexporter.json.JsonReader;
import io.sparkexporter.live.Declared;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** User code that declares keys of the live configuration and reads them. */
final class Declaring {
  private Declaring() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("live_declare", Declaring::declare);
    commands.put("live_get", Declaring::get);
  }

  private static Object declare(JsonNode arguments) throws Exception {
    LiveRule rule = rule(arguments.get("type").asText());
    for (String bound : new String[] {"minimum", "maximum"}) {
      if (arguments.has(bound)) {
        bound(rule, bound.equals("minimum"), arguments.get(bound));
      }
    }
    if (arguments.has("choices")) {
      choices(rule, arguments.get("choices"));
    }
    if (arguments.has("pattern")) {
      rule.pattern(arguments.get("pattern").asText());
    }
    if (arguments.has("default")) {
      String given = arguments.get("default").toString();
      boolean isStrange = given.equals("\"a thread\"");
      rule.byDefault(isStrange ? Thread.currentThread() : JsonReader.read(given));
    }
    LiveConfig.declare(arguments.get("key").asText(), rule);
    return null;
  }

  private static LiveRule rule(String type) {
    switch (type) {
      case "int":
        return LiveRule.ofLong();
      case "float":
        return LiveRule.ofDouble();
      case "str":
        return LiveRule.ofString();
      case "bool":
        return LiveRule.ofBoolean();
      case "list":
        return LiveRule.ofList();
      case "dict":
        return LiveRule.ofMap();
      default:
        return LiveRule.ofAny();
    }
  }

  private static LiveRule bound(LiveRule rule, boolean isMinimum, JsonNode number) {
    if (isMinimum) {
      return number.isIntegralNumber() ? rule.minimum(number.asLong()) : rule.minimum(number.asDouble());
    }
    return number.isIntegralNumber() ? rule.maximum(number.asLong()) : rule.maximum(number.asDouble());
  }

  /** By the method that a user would take for these values. */
  private static void choices(LiveRule rule, JsonNode values) throws Exception {
    List<Object> read = new ArrayList<>((List<?>) JsonReader.read(values.toString()));
    if (!read.isEmpty() && read.stream().allMatch(one -> one instanceof String)) {
      rule.choices(read.toArray(new String[0]));
    } else if (!read.isEmpty() && read.stream().allMatch(one -> one instanceof Long)) {
      rule.choices(read.stream().mapToLong(one -> (Long) one).toArray());
    } else {
      rule.choices(read);
    }
  }

  private static Object get(JsonNode arguments) {
    String key = arguments.get("key").asText();
    switch (arguments.get("kind").asText()) {
      case "long":
        return LiveConfig.getLong(key);
      case "double":
        return LiveConfig.getDouble(key);
      case "string":
        return LiveConfig.getString(key);
      case "boolean":
        return LiveConfig.getBoolean(key);
      default:
        return LiveConfig.get(key);
    }
  }

  /** Lets a driver of this JVM begin, as the plugin does; null ends it. */
  static Object follow(Steering driver) {
    if (driver == null) {
      Declared.inThisJvm().follow(null, (sentence, cause) -> {});
    } else {
      Declared.inThisJvm().follow(driver.control::declare, driver::warn);
    }
    return null;
  }
}
