package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Turns JSON into what the plugin takes. */
final class Convert {
  private Convert() {}

  static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.isNull() ? null : text.asText()));
    return texts;
  }

  static double[] numbers(JsonNode array) {
    double[] numbers = new double[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(array.get(i));
    }
    return numbers;
  }

  /** JSON knows no NaN and no infinity; they come as text. */
  static double number(JsonNode node) {
    return node.isTextual() ? Double.parseDouble(node.asText()) : node.asDouble();
  }

  static Map<String, String> map(JsonNode object) {
    Map<String, String> map = new HashMap<>();
    if (object != null) {
      object.fieldNames().forEachRemaining(name -> map.put(name, object.get(name).asText()));
    }
    return map;
  }

  static Settings settings(JsonNode object) {
    return Settings.parse(map(object), Collections.emptyMap(), warning -> {
      throw new IllegalArgumentException(warning);
    });
  }

  static Definition definition(JsonNode object) {
    String mode = object.get("mode").asText();
    return new Definition(
        Kind.valueOf(object.get("type").asText().toUpperCase(Locale.ROOT)),
        mode(mode),
        object.get("name").asText(),
        object.get("help").asText(),
        object.get("unit").asText(),
        texts(object.get("labels")),
        numbers(object.get("buckets")));
  }

  static Mode mode(String label) {
    for (Mode mode : Mode.values()) {
      if (mode.label().equals(label)) {
        return mode;
      }
    }
    return null;
  }
}
