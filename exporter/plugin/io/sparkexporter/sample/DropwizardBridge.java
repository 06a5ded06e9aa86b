package io.sparkexporter.sample;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import java.util.function.ToDoubleFunction;

/**
 * Shows every series of this JVM in Spark's registry, so that every Spark sink sees it.
 *
 * <p>All are gauges: a Dropwizard counter holds whole numbers only, and ours are doubles. A gauge only reads the cells
 * of the last sample, so it can neither block nor throw.
 */
public final class DropwizardBridge implements Runnable {
  /** Spark forgets a plugin whose registry is empty after init, so this one is always there. */
  public static final String SENTINEL = "exporter.up";

  private final MetricRegistry registry;
  private final SeriesTable table;
  private int shown;

  /** Shows the series of the table in the registry. */
  public DropwizardBridge(MetricRegistry registry, SeriesTable table) {
    this.registry = registry;
    this.table = table;
    register(SENTINEL, () -> 1.0);
  }

  /** Shows the series that are new since the last time. */
  @Override
  public void run() {
    while (shown < table.series().size()) {
      // Counted first: a series that cannot be shown must not be tried for ever.
      show(table.series().get(shown++));
    }
  }

  private void show(Series series) {
    Definition definition = series.definition();
    if (definition.kind() == Kind.HISTOGRAM) {
      showHistogram(series);
    } else if (definition.mode() == Mode.MEAN) {
      show(series, null, cells -> cells[1] > 0 ? cells[0] / cells[1] : Double.NaN);
    } else {
      show(series, null, cells -> cells[0]);
    }
  }

  private void showHistogram(Series series) {
    Definition definition = series.definition();
    int bounds = definition.boundCount();
    show(series, "count", cells -> upTo(cells, bounds));
    show(series, "sum", cells -> cells[bounds + 1]);
    for (int i = 0; i < bounds; i++) {
      int last = i;
      show(series, DropwizardNames.bucket(definition.bound(i)), cells -> upTo(cells, last));
    }
  }

  /** Cumulative, as in Prometheus: how many observations lie in this bucket and those before it. */
  private static double upTo(double[] cells, int bucket) {
    double sum = 0;
    for (int i = 0; i <= bucket; i++) {
      sum += cells[i];
    }
    return sum;
  }

  private void show(Series series, String part, ToDoubleFunction<double[]> number) {
    Definition definition = series.definition();
    String name = DropwizardNames.name(definition.name(), definition.labels(), series.labelValues(), part);
    register(name, () -> number.applyAsDouble(series.cells()));
  }

  private void register(String name, Gauge<Double> gauge) {
    // A sink would print an infinity in its own way, or not at all; NaN they all know.
    registry.register(name, (Gauge<Double>) () -> finiteOrNaN(gauge.getValue()));
  }

  private static double finiteOrNaN(double value) {
    return Double.isInfinite(value) ? Double.NaN : value;
  }
}
