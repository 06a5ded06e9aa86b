package io.sparkexporter.memory;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import java.util.List;

/** One series that code in this JVM writes to; any thread may do so at any time. */
public abstract class Cell {
  private final Definition definition;
  private final List<String> labelValues;

  Cell(Definition definition, List<String> labelValues) {
    this.definition = definition;
    this.labelValues = labelValues;
  }

  static Cell of(Definition definition, List<String> labelValues) {
    if (definition.kind() == Kind.COUNTER) {
      return new CounterCell(definition, labelValues);
    }
    return definition.kind() == Kind.GAUGE
        ? new GaugeCell(definition, labelValues)
        : new HistogramCell(definition, labelValues);
  }

  public final Definition definition() {
    return definition;
  }

  public final List<String> labelValues() {
    return labelValues;
  }

  /** Writes the present values to the first elements of {@code cells}, laid out as in a segment file. */
  abstract void read(double[] cells);

  /** Starts from zero, for the next application in this JVM. A gauge keeps its value. */
  abstract void restart();
}
