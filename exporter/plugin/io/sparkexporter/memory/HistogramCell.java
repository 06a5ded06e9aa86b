package io.sparkexporter.memory;

import io.sparkexporter.model.Definition;
import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts observations by bucket. */
public final class HistogramCell extends Cell {
  private final double[] bounds;
  private final LongAdder[] counts;
  private final DoubleAdder sum = new DoubleAdder();

  HistogramCell(Definition definition, List<String> labelValues) {
    super(definition, labelValues);
    this.bounds = definition.bounds();
    this.counts = new LongAdder[bounds.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Returns false, and counts nothing, if the value is not finite. */
  public boolean observe(double value) {
    if (!Double.isFinite(value)) {
      return false;
    }
    counts[bucket(value)].increment();
    sum.add(value);
    return true;
  }

  /** The first bucket whose upper bound, which belongs to it, is not below the value. */
  private int bucket(double value) {
    int low = 0;
    int high = bounds.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (value <= bounds[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  @Override
  void read(double[] cells) {
    for (int i = 0; i < counts.length; i++) {
      cells[i] = counts[i].sum();
    }
    cells[counts.length] = sum.sum();
  }

  @Override
  void restart() {
    for (LongAdder count : counts) {
      count.reset();
    }
    sum.reset();
  }
}
