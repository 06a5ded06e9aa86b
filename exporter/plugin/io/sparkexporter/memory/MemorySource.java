package io.sparkexporter.memory;

import io.sparkexporter.model.Reason;
import io.sparkexporter.sample.Metric;
import io.sparkexporter.sample.Series;
import io.sparkexporter.sample.SeriesTable;
import io.sparkexporter.sample.Source;
import java.util.ArrayList;
import java.util.List;

/** Samples the metrics that code in this JVM records, as if it were one more process. */
public final class MemorySource implements Source {
  private final MemoryRegistry registry;
  private final List<Cell> cells = new ArrayList<>();
  private final List<Series> series = new ArrayList<>();
  private double[] values = new double[2];

  /** Samples the registry. */
  public MemorySource(MemoryRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void read(SeriesTable table) {
    registry.addNewTo(cells);
    while (series.size() < cells.size()) {
      Cell cell = cells.get(series.size());
      Metric metric = table.define(cell.definition());
      series.add(metric == null ? null : table.find(metric, cell.labelValues()));
      values = new double[Math.max(values.length, cell.definition().processCells())];
    }
  }

  @Override
  public void contribute() {
    for (int i = 0; i < series.size(); i++) {
      if (series.get(i) != null) {
        cells.get(i).read(values);
        series.get(i).add(values, 0);
      }
    }
  }

  @Override
  public double dropped(Reason reason) {
    return registry.dropped(reason);
  }
}
