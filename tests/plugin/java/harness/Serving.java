package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.driver.HttpEndpoint;
import java.util.Map;

/** Endpoints that serve a store. */
final class Serving {
  private static final Harness.Objects<HttpEndpoint> ALL = new Harness.Objects<>();

  private Serving() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("http_start", Serving::start);
    commands.put("http_url", Serving::url);
    commands.put("http_finish", Serving::finish);
    commands.put("daemon_threads", Serving::areDaemons);
    commands.put("http_waiting", Serving::waiting);
  }

  private static Object start(JsonNode arguments) throws Exception {
    Applications application = Applications.ALL.get(arguments.get("store"));
    boolean starting = arguments.has("starting");
    HttpEndpoint endpoint = HttpEndpoint.start(Convert.settings(arguments.get("settings")));
    if (!arguments.has("silent")) {
      endpoint.serve(
          application.store,
          () -> starting ? null : application.writer,
          application.steering == null ? null : application.steering.control);
    }
    return ALL.add(endpoint);
  }

  private static Object url(JsonNode arguments) {
    return ALL.get(arguments.get("endpoint")).url(arguments.get("driver_host").asText());
  }

  /** Ends the endpoint on a thread of its own, so that the test can go on asking meanwhile. */
  private static Object finish(JsonNode arguments) {
    HttpEndpoint endpoint = ALL.get(arguments.get("endpoint"));
    new Thread(() -> endpoint.finish(arguments.get("patience").asLong())).start();
    return null;
  }

  private static Object areDaemons(JsonNode arguments) {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      boolean serves = thread.getName().startsWith("HTTP") || thread.getName().startsWith("spark-exporter");
      if (serves && !thread.isDaemon()) {
        return thread.getName();
      }
    }
    return null;
  }

  /** How many requests wait for news, in all endpoints. */
  private static Object waiting(JsonNode arguments) {
    int count = 0;
    for (StackTraceElement[] stack : Thread.getAllStackTraces().values()) {
      for (StackTraceElement frame : stack) {
        boolean handler = frame.getClassName().endsWith(".SnapshotHandler");
        count += handler && frame.getMethodName().equals("await") ? 1 : 0;
      }
    }
    return count;
  }
}
