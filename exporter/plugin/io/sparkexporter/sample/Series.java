package io.sparkexporter.sample;

import io.sparkexporter.model.Cells;
import io.sparkexporter.model.Definition;
import java.util.List;

/** One series of this JVM: the combined cells of all processes that have it. */
public final class Series {
  private final Metric metric;
  private final List<String> labelValues;
  private final double[] ended;
  private final double[] next;
  private volatile double[] cells;
  private long changedIn;

  Series(Metric metric, List<String> labelValues, long report) {
    this.metric = metric;
    this.labelValues = labelValues;
    this.ended = Cells.none(definition());
    this.next = ended.clone();
    this.cells = ended.clone();
    this.changedIn = report;
  }

  public Metric metric() {
    return metric;
  }

  public Definition definition() {
    return metric.definition();
  }

  /** In the order of the definition's label names. */
  public List<String> labelValues() {
    return labelValues;
  }

  /** The cells of the last sample. The array is never written again, so any thread may read it. */
  public double[] cells() {
    return cells;
  }

  /** Number of the first report that carries the present cells. */
  public long changedIn() {
    return changedIn;
  }

  void begin() {
    System.arraycopy(ended, 0, next, 0, next.length);
  }

  /** Adds the cells of a live process to the sample that is being taken. */
  public void add(double[] processCells, int at) {
    Cells.addProcess(definition(), next, processCells, at);
  }

  void addEnded(double[] processCells, int at) {
    Cells.addEndedProcess(definition(), ended, processCells, at);
  }

  void settle(long report) {
    Cells.neverBack(definition(), cells, next);
    if (!Cells.same(cells, next)) {
      cells = next.clone();
      changedIn = report;
    }
  }
}
