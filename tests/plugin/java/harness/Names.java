package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.action.JobTags;
import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.sample.DropwizardNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names in the Dropwizard registry, the names and values of settings, and tags of jobs. */
final class Names {
  private Names() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("dropwizard_name", Names::dropwizardName);
    commands.put("settings_keys", Names::keys);
    commands.put("settings_parse", Names::parse);
    commands.put("job_tags", Names::jobTags);
  }

  private static Object dropwizardName(JsonNode arguments) {
    JsonNode part = arguments.get("part");
    return DropwizardNames.name(
        arguments.get("metric").asText(),
        Convert.texts(arguments.get("names")),
        Convert.texts(arguments.get("values")),
        part.isNull() ? null : part.isNumber() ? DropwizardNames.bucket(part.asDouble()) : part.asText());
  }

  private static Object jobTags(JsonNode arguments) {
    String tag = arguments.get("tag").asText();
    List<String> running = Convert.texts(arguments.get("running"));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("meant", JobTags.meant(tag, running));
    answer.put("none", JobTags.none(tag, running));
    return answer;
  }

  private static Object keys(JsonNode arguments) {
    Map<String, Boolean> keys = new LinkedHashMap<>();
    for (Setting setting : Setting.values()) {
      keys.put(setting.key(), setting.isWritten());
    }
    return keys;
  }

  private static Object parse(JsonNode arguments) {
    List<String> warnings = new ArrayList<>();
    Map<String, String> raw = Convert.map(arguments.get("raw"));
    Map<String, String> environment = Convert.map(arguments.get("environment"));
    Settings settings = Settings.parse(raw, environment, warnings::add);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("warnings", warnings);
    answer.put("enabled", settings.flag(Setting.ENABLED));
    answer.put("interval", settings.millis(Setting.INTERVAL));
    answer.put("host", settings.text(Setting.HOST));
    answer.put("port", settings.integer(Setting.PORT));
    answer.put("token", settings.text(Setting.TOKEN));
    answer.put("tokenUnusable", settings.isTokenUnusable());
    answer.put("events.allow", new ArrayList<>(settings.words(Setting.EVENTS_ALLOW)));
    answer.put("eventListeners", new ArrayList<>(settings.words(Setting.EVENT_LISTENERS)));
    answer.put("maxPayload", settings.integer(Setting.MAX_PAYLOAD));
    answer.put("retainedExecutorsTime", settings.millis(Setting.RETAINED_EXECUTORS_TIME));
    return answer;
  }
}
