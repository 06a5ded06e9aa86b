package io.sparkexporter;

import io.sparkexporter.memory.Cell;
import io.sparkexporter.memory.CounterCell;
import io.sparkexporter.model.Definition;
import java.util.List;

/** A total that only goes up: rows, bytes, retries. Thread-safe. */
public final class Counter extends Recorder<Counter> {
  private static final long serialVersionUID = 1L;

  Counter(Definition definition, List<String> labelValues, Cell cell) {
    super(definition, labelValues, cell);
  }

  @Override
  Counter make(List<String> values, Cell cell) {
    return new Counter(definition(), values, cell);
  }

  /** Adds one. */
  public void inc() {
    inc(1);
  }

  /** Adds a finite amount that is not negative; anything else is refused and counted. */
  public void inc(double amount) {
    CounterCell cell = (CounterCell) cell();
    if (cell != null && !cell.add(amount)) {
      refuse(
          "it refused the value "
              + amount
              + ": give a finite number that is not negative; a value that can fall is a Gauge");
    }
  }
}
