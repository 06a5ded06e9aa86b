package harness;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.RatioGauge;
import com.codahale.metrics.Timer;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.container.CgroupSource;
import io.sparkexporter.container.NetworkSource;
import io.sparkexporter.dropwizard.DropwizardSource;
import io.sparkexporter.jvm.JvmReadings;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import io.sparkexporter.process.ProcessSource;
import io.sparkexporter.reading.PacedSource;
import io.sparkexporter.reading.ReadingSampler;
import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.ReadingTable;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.metrics.source.JvmSource;
import org.apache.spark.metrics.source.Source;

/** Samplers of readings: of a file system of the test, of this JVM, or of registries that behave as the test wants. */
final class Reading {
  private static final Harness.Objects<Reading> ALL = new Harness.Objects<>();

  private final Drops drops = new Drops();
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private final List<Source> registries = new ArrayList<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private final ReadingTable table;
  private final ReadingSampler sampler;
  private long samples;

  private Reading(JsonNode arguments) {
    table = new ReadingTable(arguments.get("max").asInt(), drops);
    List<ReadingSource> sources = Collections.singletonList(source(arguments));
    sampler = new ReadingSampler(table, sources, (sentence, cause) -> warnings.add(sentence + ": " + cause));
  }

  private ReadingSource source(JsonNode arguments) {
    Path root = Paths.get(arguments.get("root").asText());
    switch (arguments.get("source").asText()) {
      case "cgroup":
        return new CgroupSource(root);
      case "network":
        return new NetworkSource(root);
      case "processes":
        return new ProcessSource(root, arguments.get("started_by_python").asBoolean());
      case "jvm":
        return new JvmReadings();
      case "paced":
        int[] reads = new int[1];
        return new PacedSource(into -> into.set("reads", ++reads[0]), arguments.get("millis").asLong());
      case "failing":
        return into -> {
          into.set("before", 1);
          throw new StackOverflowError("a failure in a reading");
        };
      default:
        return new DropwizardSource(() -> new ArrayList<>(registries), drops, warnings::add);
    }
  }

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("reading_new", arguments -> ALL.add(new Reading(arguments)));
    commands.put("reading_registry", arguments -> ALL.get(arguments.get("reading")).addRegistry(arguments));
    commands.put("reading_remove", arguments -> ALL.get(arguments.get("reading")).registries.remove(0) != null);
    commands.put("reading_release", arguments -> ALL.get(arguments.get("reading")).release());
    commands.put("reading_sample", arguments -> ALL.get(arguments.get("reading")).sample());
    commands.put("jvm_source", arguments -> new ArrayList<>(new JvmSource().metricRegistry().getNames()));
  }

  private Object addRegistry(JsonNode arguments) {
    MetricRegistry registry = new MetricRegistry();
    arguments
        .get("metrics")
        .properties()
        .forEach(metric -> registry.register(metric.getKey(), metric(metric.getValue())));
    String name = arguments.get("name").asText();
    registries.add(
        new Source() {
          @Override
          public String sourceName() {
            return name;
          }

          @Override
          public MetricRegistry metricRegistry() {
            return registry;
          }
        });
    return null;
  }

  private Metric metric(JsonNode description) {
    if (description.isNumber()) {
      double number = description.asDouble();
      return (Gauge<Double>) () -> number;
    }
    String[] words = description.asText().split(" ");
    switch (words[0]) {
      case "counter":
        Counter counter = new Counter();
        counter.inc(Long.parseLong(words[1]));
        return counter;
      case "histogram":
        Histogram histogram = new MetricRegistry().histogram("any");
        for (int i = 1; i <= Integer.parseInt(words[1]); i++) {
          histogram.update(i);
        }
        return histogram;
      case "timer":
        Timer timer = new Timer();
        for (int i = 1; i <= Integer.parseInt(words[1]); i++) {
          timer.update(i, TimeUnit.MILLISECONDS);
        }
        return timer;
      case "ratio":
        return new RatioGauge() {
          @Override
          protected Ratio getRatio() {
            return Ratio.of(0, 0);
          }
        };
      default:
        return gauge(words[0]);
    }
  }

  private Gauge<Object> gauge(String kind) {
    switch (kind) {
      case "throws":
        return () -> {
          throw new IllegalStateException("a gauge of somebody else");
        };
      case "overflows":
        return () -> {
          throw new StackOverflowError("a gauge of somebody else");
        };
      case "null":
        return () -> null;
      case "boolean":
        return () -> true;
      case "list":
        return () -> Collections.singletonList(1);
      case "nan":
        return () -> Double.NaN;
      case "infinity":
        return () -> Float.NEGATIVE_INFINITY;
      case "long":
        return () -> 1L << 40;
      case "slow":
        return () -> {
          try {
            released.await(250, TimeUnit.MILLISECONDS);
          } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
          }
          return 1;
        };
      case "hangs":
        return () -> {
          boolean waiting = true;
          while (waiting) {
            try {
              released.await();
              waiting = false;
            } catch (InterruptedException stubborn) {
              // As code does that does not want to be ended.
            }
          }
          return 1;
        };
      default:
        return () -> kind;
    }
  }

  private Object release() {
    released.countDown();
    return null;
  }

  private Object sample() {
    sampler.sample(++samples);
    Map<String, Object> readings = new LinkedHashMap<>();
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < table.names().size(); i++) {
      if (!Double.isNaN(table.value(i))) {
        readings.put(table.names().get(i), table.value(i));
      }
      if (table.changedIn(i) == samples) {
        changed.add(table.names().get(i));
      }
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("readings", readings);
    answer.put("changed", changed);
    answer.put("present", table.present());
    answer.put("failures", sampler.failures());
    answer.put("warnings", new ArrayList<>(warnings));
    Map<String, Object> dropped = new LinkedHashMap<>();
    for (Reason reason : Reason.values()) {
      if (drops.get(reason) > 0) {
        dropped.put(reason.label(), drops.get(reason));
      }
    }
    answer.put("dropped", dropped);
    return answer;
  }
}
