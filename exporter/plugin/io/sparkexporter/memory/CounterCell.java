package io.sparkexporter.memory;

import io.sparkexporter.model.Definition;
import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;

/** A total that many threads add to. */
public final class CounterCell extends Cell {
  private final DoubleAdder total = new DoubleAdder();

  CounterCell(Definition definition, List<String> labelValues) {
    super(definition, labelValues);
  }

  /** Returns false, and adds nothing, if the amount is negative or not finite. */
  public boolean add(double amount) {
    if (!(amount >= 0 && amount < Double.POSITIVE_INFINITY)) {
      return false;
    }
    total.add(amount);
    return true;
  }

  @Override
  void read(double[] cells) {
    cells[0] = total.sum();
  }

  @Override
  void restart() {
    total.reset();
  }
}
