package io.sparkexporter.dropwizard;

import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import io.sparkexporter.model.Drops;
import io.sparkexporter.reading.ReadingList;
import java.util.HashMap;
import java.util.Map;

/** Reads all metrics of one registry. Used by one thread at a time. */
final class RegistryReader {
  private final String prefix;
  private final MetricRegistry registry;
  private final Drops drops;
  private final Map<String, MetricReader> readers = new HashMap<>();
  private int room;

  /** Reads a registry whose metrics are known outside by this prefix and their names. */
  RegistryReader(String prefix, MetricRegistry registry, Drops drops) {
    this.prefix = prefix;
    this.registry = registry;
    this.drops = drops;
  }

  MetricRegistry registry() {
    return registry;
  }

  ReadingList read() {
    // A live view; getGauges() and the like would sort all names each time.
    Map<String, Metric> metrics = registry.getMetrics();
    ReadingList readings = new ReadingList(room);
    metrics.forEach((name, metric) -> reader(name, metric).read(readings));
    if (readers.size() > metrics.size()) {
      readers.keySet().retainAll(metrics.keySet());
    }
    room = readings.size();
    return readings;
  }

  private MetricReader reader(String name, Metric metric) {
    MetricReader reader = readers.get(name);
    if (reader == null || reader.metric != metric) {
      reader = MetricReader.of(prefix + name, metric, drops);
      readers.put(name, reader);
    }
    return reader;
  }
}
