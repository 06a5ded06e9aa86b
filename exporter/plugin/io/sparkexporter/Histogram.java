package io.sparkexporter;

import io.sparkexporter.memory.Cell;
import io.sparkexporter.memory.HistogramCell;
import io.sparkexporter.model.Definition;
import java.util.List;

/** Counts observations by size: durations, lengths. Thread-safe. */
public final class Histogram extends Recorder<Histogram> {
  private static final long serialVersionUID = 1L;

  Histogram(Definition definition, List<String> labelValues, Cell cell) {
    super(definition, labelValues, cell);
  }

  @Override
  Histogram make(List<String> values, Cell cell) {
    return new Histogram(definition(), values, cell);
  }

  /** Counts a finite value; an upper bound belongs to its bucket. Anything else is refused and counted. */
  public void observe(double value) {
    HistogramCell cell = (HistogramCell) cell();
    if (cell != null && !cell.observe(value)) {
      refuse("it refused the value " + value + ": give a finite number");
    }
  }

  /** Counts every value of an array. */
  public void observeMany(double... values) {
    if (values == null) {
      refuse("observeMany got null: give an array of numbers");
      return;
    }
    for (double value : values) {
      observe(value);
    }
  }

  /** Starts to measure a time; closing the timer observes the seconds that have passed. */
  public Timer time() {
    return new Timer(this, System.nanoTime());
  }

  /** Measures one time. */
  public static final class Timer implements AutoCloseable {
    private final Histogram histogram;
    private final long start;

    private Timer(Histogram histogram, long start) {
      this.histogram = histogram;
      this.start = start;
    }

    /** Observes the seconds since the start. */
    @Override
    public void close() {
      histogram.observe((System.nanoTime() - start) / 1e9);
    }
  }
}
