package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.Counter;
import io.sparkexporter.Gauge;
import io.sparkexporter.Histogram;
import io.sparkexporter.Metrics;
import io.sparkexporter.memory.MemoryRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Map;

/** The API for Scala and Java code, used as such code uses it. */
final class Recording {
  private static final Harness.Objects<Object> ALL = new Harness.Objects<>();

  private Recording() {}

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("metric_define", Recording::define);
    commands.put("metric_labels", Recording::labels);
    commands.put("metric_record", Recording::record);
    commands.put("metric_ship", Recording::ship);
    commands.put("metric_hammer", Recording::hammer);
    commands.put("memory_restart", Recording::restart);
  }

  private static Object define(JsonNode arguments) {
    Metrics.Builder builder = Metrics.define(text(arguments, "name"), text(arguments, "help"));
    if (arguments.has("unit")) {
      builder.unit(text(arguments, "unit"));
    }
    if (arguments.has("labels")) {
      builder.labels(Convert.texts(arguments.get("labels")).toArray(new String[0]));
    }
    if (arguments.has("buckets")) {
      builder.buckets(Convert.numbers(arguments.get("buckets")));
    }
    if (arguments.has("mode")) {
      builder.mode(Convert.mode(text(arguments, "mode")));
    }
    switch (text(arguments, "type")) {
      case "counter":
        return ALL.add(builder.counter());
      case "gauge":
        return ALL.add(builder.gauge());
      default:
        return ALL.add(builder.histogram());
    }
  }

  private static String text(JsonNode arguments, String name) {
    return arguments.get(name).isNull() ? null : arguments.get(name).asText();
  }

  private static Object labels(JsonNode arguments) {
    Object metric = ALL.get(arguments.get("metric"));
    JsonNode given = arguments.get("values");
    String[] values = given.isNull() ? null : Convert.texts(given).toArray(new String[0]);
    if (metric instanceof Counter) {
      return ALL.add(((Counter) metric).labels(values));
    }
    return metric instanceof Gauge
        ? ALL.add(((Gauge) metric).labels(values))
        : ALL.add(((Histogram) metric).labels(values));
  }

  private static Object record(JsonNode arguments) {
    Object metric = ALL.get(arguments.get("metric"));
    double value = Convert.number(arguments.get("value"));
    if (metric instanceof Counter) {
      ((Counter) metric).inc(value);
    } else if (metric instanceof Histogram) {
      ((Histogram) metric).observe(value);
    } else if (arguments.has("set")) {
      ((Gauge) metric).set(value);
    } else {
      ((Gauge) metric).inc(value);
    }
    return null;
  }

  /** Sends a metric through Java serialization, as Spark does with closures. */
  private static Object ship(JsonNode arguments) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(ALL.get(arguments.get("metric")));
    }
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return ALL.add(in.readObject());
    }
  }

  private static Object hammer(JsonNode arguments) throws InterruptedException {
    Counter counter = (Counter) ALL.get(arguments.get("counter"));
    Histogram histogram = (Histogram) ALL.get(arguments.get("histogram"));
    int times = arguments.get("times").asInt();
    Thread[] threads = new Thread[arguments.get("threads").asInt()];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(
              () -> {
                for (int n = 0; n < times; n++) {
                  counter.inc();
                  histogram.observe(n % 4);
                }
              });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return null;
  }

  private static Object restart(JsonNode arguments) {
    MemoryRegistry.INSTANCE.restart();
    return null;
  }
}
