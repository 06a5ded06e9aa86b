package io.sparkexporter.driver;

import io.sparkexporter.model.Cells;
import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All metrics and series of the application, in lists that only ever grow, and their totals. Guarded by its owner.
 */
final class Catalogue {
  static final int DROPPED = -1;

  private final int maxSeries;
  private final Drops drops;
  private final List<Definition> metrics = new ArrayList<>();
  private final List<Map<List<String>, Integer>> children = new ArrayList<>();
  private final Map<String, Integer> byName = new HashMap<>();
  private final List<Total> series = new ArrayList<>();

  Catalogue(int maxSeries, Drops drops) {
    this.maxSeries = maxSeries;
    this.drops = drops;
  }

  /** One series of the application. */
  static final class Total {
    final int metric;
    final Definition definition;
    final List<String> labelValues;
    /** What executors have left behind that are not even remembered. */
    private final double[] left;
    private double[] next;
    private double[] cells;

    Total(int metric, Definition definition, List<String> labelValues) {
      this.metric = metric;
      this.definition = definition;
      this.labelValues = labelValues;
      this.left = Cells.none(definition);
      this.next = left.clone();
      this.cells = left.clone();
    }
  }

  /** Returns the place of the metric, or {@link #DROPPED} if it contradicts another one or there are too many. */
  int metric(Definition definition) {
    Integer known = byName.get(definition.name());
    if (known != null) {
      if (metrics.get(known).agreesWith(definition)) {
        return known;
      }
      drops.count(Reason.DEFINITION_CONFLICT);
      return DROPPED;
    }
    if (metrics.size() >= maxSeries) {
      drops.count(Reason.SERIES_LIMIT);
      return DROPPED;
    }
    byName.put(definition.name(), metrics.size());
    metrics.add(definition);
    children.add(new HashMap<>());
    return metrics.size() - 1;
  }

  /** Returns the place of the series, or {@link #DROPPED} if its metric was, or there are too many. */
  int series(int metric, List<String> labelValues) {
    if (metric == DROPPED || labelValues.size() != metrics.get(metric).labels().size()) {
      return DROPPED;
    }
    Integer known = children.get(metric).get(labelValues);
    if (known != null) {
      return known;
    }
    if (series.size() >= maxSeries) {
      drops.count(Reason.SERIES_LIMIT);
      return DROPPED;
    }
    children.get(metric).put(labelValues, series.size());
    series.add(new Total(metric, metrics.get(metric), labelValues));
    return series.size() - 1;
  }

  Definition definition(int place) {
    return series.get(place).definition;
  }

  /** Keeps for ever what an executor leaves behind that will be forgotten. */
  void keep(ExecutorRecord record) {
    record.eachSeries(
        (place, cells) -> {
          Total total = series.get(place);
          Cells.addRemovedExecutor(total.definition, total.left, cells);
        });
  }

  /** Adds up all series anew. */
  void total(Iterable<ExecutorRecord> records) {
    for (Total total : series) {
      total.next = total.left.clone();
    }
    for (ExecutorRecord record : records) {
      record.eachSeries(
          (place, cells) -> {
            Total total = series.get(place);
            if (record.isLive()) {
              Cells.addExecutor(total.definition, total.next, cells);
            } else {
              Cells.addRemovedExecutor(total.definition, total.next, cells);
            }
          });
    }
    for (Total total : series) {
      Cells.neverBack(total.definition, total.cells, total.next);
      total.cells = total.next;
    }
  }

  /** Returns the cells of all series; the arrays are never written again. */
  double[][] totals() {
    double[][] totals = new double[series.size()][];
    for (int i = 0; i < totals.length; i++) {
      totals[i] = series.get(i).cells;
    }
    return totals;
  }

  int metricCount() {
    return metrics.size();
  }

  int seriesCount() {
    return series.size();
  }

  List<Definition> metricsFrom(int start) {
    return new ArrayList<>(metrics.subList(start, metrics.size()));
  }

  List<Total> seriesFrom(int start) {
    return new ArrayList<>(series.subList(start, series.size()));
  }
}
