package io.sparkexporter.sample;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All series of this JVM. Metrics and series are only ever appended, so their places in the lists can stand for them.
 * Written by the sampling thread alone.
 */
public final class SeriesTable {
  private final int maxSeries;
  private final Drops drops;
  private final Map<String, Metric> byName = new HashMap<>();
  private final List<Metric> metrics = new ArrayList<>();
  private final List<Series> series = new ArrayList<>();
  private long report;

  /** Makes an empty table that holds at most {@code maxSeries} series, and as many metrics. */
  public SeriesTable(int maxSeries, Drops drops) {
    this.maxSeries = maxSeries;
    this.drops = drops;
  }

  public List<Metric> metrics() {
    return Collections.unmodifiableList(metrics);
  }

  public List<Series> series() {
    return Collections.unmodifiableList(series);
  }

  /** Returns the metric, or null if it was dropped: it contradicts an earlier one, or there are too many. */
  public Metric define(Definition definition) {
    Metric metric = byName.get(definition.name());
    if (metric != null) {
      if (metric.definition().agreesWith(definition)) {
        return metric;
      }
      drops.count(Reason.DEFINITION_CONFLICT);
      return null;
    }
    if (metrics.size() >= maxSeries) {
      drops.count(Reason.SERIES_LIMIT);
      return null;
    }
    metric = new Metric(metrics.size(), definition);
    metrics.add(metric);
    byName.put(definition.name(), metric);
    return metric;
  }

  /** Returns the series, or null if it was dropped because there are too many. */
  public Series find(Metric metric, List<String> labelValues) {
    Series found = metric.children.get(labelValues);
    if (found == null) {
      if (series.size() >= maxSeries) {
        drops.count(Reason.SERIES_LIMIT);
        return null;
      }
      found = new Series(metric, labelValues, report);
      metric.children.put(labelValues, found);
      series.add(found);
    }
    return found;
  }

  /** Starts a sample; what changes in it will be carried by {@code nextReport}. */
  void start(long nextReport) {
    report = nextReport;
  }

  /** Forgets the live processes, so that they can be added again. */
  void begin() {
    for (int i = 0; i < series.size(); i++) {
      series.get(i).begin();
    }
  }

  /** Makes the cells visible to other threads. */
  void settle() {
    for (int i = 0; i < series.size(); i++) {
      series.get(i).settle(report);
    }
  }
}
