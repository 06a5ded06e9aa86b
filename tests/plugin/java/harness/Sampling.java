package harness;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.memory.MemoryRegistry;
import io.sparkexporter.memory.MemorySource;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import io.sparkexporter.reading.ReadingSampler;
import io.sparkexporter.reading.ReadingTable;
import io.sparkexporter.sample.DropwizardBridge;
import io.sparkexporter.sample.Sampler;
import io.sparkexporter.sample.SegmentDirectory;
import io.sparkexporter.sample.Series;
import io.sparkexporter.sample.SeriesTable;
import io.sparkexporter.sample.Source;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Samplers of directories, with what they show to Dropwizard. */
final class Sampling {
  private static final Harness.Objects<Sampling> ALL = new Harness.Objects<>();

  private final Drops drops = new Drops();
  private final List<String> warnings = new ArrayList<>();
  private final MetricRegistry registry = new MetricRegistry();
  private final SeriesTable table;
  private final Sampler sampler;
  private final List<Source> sources = new ArrayList<>();

  private Sampling(int maxSeries) {
    table = new SeriesTable(maxSeries, drops);
    sampler = new Sampler(table, sources, drops, new DropwizardBridge(registry, table), none(), this::warn);
  }

  /** No readings. */
  static ReadingSampler none() {
    ReadingTable empty = new ReadingTable(0, new Drops());
    return new ReadingSampler(empty, Collections.emptyList(), (sentence, cause) -> {});
  }

  private void warn(String sentence, Throwable cause) {
    warnings.add(sentence);
  }

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("sampler_new", Sampling::make);
    commands.put("sampler_sample", Sampling::sample);
    commands.put("sampler_dropwizard", arguments -> ALL.get(arguments.get("sampler")).dropwizard());
  }

  private static Object make(JsonNode arguments) {
    Sampling sampling = new Sampling(arguments.get("max_series").asInt());
    for (JsonNode source : arguments.get("sources")) {
      sampling.addSource(source.asText());
    }
    return ALL.add(sampling);
  }

  private void addSource(String name) {
    if (name.equals("memory")) {
      sources.add(new MemorySource(MemoryRegistry.INSTANCE));
    } else if (name.equals("failing")) {
      sources.add(new FailingSource());
    } else {
      sources.add(new SegmentDirectory(Paths.get(name), drops, this::warn));
    }
  }

  private static Object sample(JsonNode arguments) {
    Sampling sampling = ALL.get(arguments.get("sampler"));
    sampling.sampler.sample(1);
    Map<String, Object> answer = new LinkedHashMap<>();
    List<Object> series = new ArrayList<>();
    for (Series one : sampling.table.series()) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("name", one.definition().name());
      shown.put("labels", one.labelValues());
      shown.put("cells", one.cells());
      series.add(shown);
    }
    answer.put("series", series);
    answer.put("metrics", sampling.table.metrics().size());
    answer.put("segments", sampling.sampler.segments());
    answer.put("failures", sampling.sampler.failures());
    answer.put("warnings", new ArrayList<>(sampling.warnings));
    Map<String, Object> dropped = new LinkedHashMap<>();
    for (Reason reason : Reason.values()) {
      dropped.put(reason.label(), sampling.sampler.dropped(reason));
    }
    answer.put("dropped", dropped);
    return answer;
  }

  private Object dropwizard() {
    Map<String, Object> values = new LinkedHashMap<>();
    registry.getGauges().forEach((name, gauge) -> values.put(name, ((Gauge<?>) gauge).getValue()));
    return values;
  }

  /** Throws whenever it is asked for anything. */
  private static final class FailingSource implements Source {
    @Override
    public void read(SeriesTable table) {
      throw new StackOverflowError("a failure in a sample");
    }

    @Override
    public void contribute() {
      throw new IllegalStateException("another failure in a sample");
    }
  }
}
