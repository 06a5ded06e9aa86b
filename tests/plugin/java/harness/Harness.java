package harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Lets Python drive the plugin's parts without Spark: reads one JSON object a line, {@code {"do": command, ...}}, and
 * answers each with one line, {@code {"value": ...}} or {@code {"error": ...}}.
 */
public final class Harness {
  static final ObjectMapper JSON = new ObjectMapper();

  private Harness() {}

  /** Does one thing. */
  interface Command {
    Object run(JsonNode arguments) throws Exception;
  }

  /** Answers until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    // Whatever logs to standard output must not come between the answers.
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8.name());
    System.setOut(System.err);
    // As Spark does before it loads a plugin: Log4j can never start again if an interrupted thread was the first to log.
    LoggerFactory.getLogger(Harness.class);
    Map<String, Command> commands = new HashMap<>();
    Names.addTo(commands);
    Sampling.addTo(commands);
    Recording.addTo(commands);
    Applications.addTo(commands);
    Executions.addTo(commands);
    Skipping.addTo(commands);
    Serving.addTo(commands);
    Reporting.addTo(commands);
    Reading.addTo(commands);
    Steering.addTo(commands);
    Declaring.addTo(commands);
    Messaging.addTo(commands);
    Ending.addTo(commands);
    commands.put("forget", request -> Objects.forgetAll());
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.println(JSON.writeValueAsString(answer(commands, JSON.readTree(line))));
    }
  }

  private static Map<String, Object> answer(Map<String, Command> commands, JsonNode request) {
    try {
      Object value = commands.get(request.get("do").asText()).run(request);
      return Collections.singletonMap("value", value);
    } catch (Throwable failure) {
      return Collections.singletonMap("error", withCauses(failure));
    }
  }

  /** A class that cannot be used does not say why; its cause does. */
  private static String withCauses(Throwable failure) {
    if (!(failure instanceof LinkageError) || failure.getCause() == null) {
      return String.valueOf(failure);
    }
    return failure + ", because of " + withCauses(failure.getCause());
  }

  /** Remembers objects by number, so that later commands can name them, until all are forgotten. */
  static final class Objects<T> {
    private static final List<Objects<?>> ALL = new ArrayList<>();
    private final Map<Integer, T> objects = new HashMap<>();
    private int added;

    Objects() {
      ALL.add(this);
    }

    private static Object forgetAll() {
      ALL.forEach(one -> one.objects.clear());
      return null;
    }

    int add(T object) {
      objects.put(added, object);
      return added++;
    }

    T get(JsonNode number) {
      return objects.get(number.asInt());
    }
  }
}
