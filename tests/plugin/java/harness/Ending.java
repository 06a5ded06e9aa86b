package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.driver.PythonEnding;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the client's files say about the end of a driver's Python. */
final class Ending {
  private Ending() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("ending_failed", Ending::failed);
  }

  private static Object failed(JsonNode arguments) {
    List<String> warnings = new ArrayList<>();
    String directory = arguments.get("directory").asText(null);
    PythonEnding ending =
        new PythonEnding(
            directory == null ? null : Paths.get(directory), (sentence, cause) -> warnings.add(sentence));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("failed", ending.failed());
    answer.put("warnings", warnings);
    return answer;
  }
}
