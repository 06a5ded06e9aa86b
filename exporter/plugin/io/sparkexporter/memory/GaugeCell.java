package io.sparkexporter.memory;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Mode;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A value that goes up and down; NaN until it is set for the first time. */
public final class GaugeCell extends Cell {
  private final AtomicLong bits = new AtomicLong(Double.doubleToRawLongBits(Double.NaN));
  private final boolean timed;
  private volatile double setAt = Double.NaN;

  GaugeCell(Definition definition, List<String> labelValues) {
    super(definition, labelValues);
    this.timed = definition.mode() == Mode.MOST_RECENT;
  }

  /** Returns false, and changes nothing, if the value is not finite. */
  public boolean set(double value) {
    if (!Double.isFinite(value)) {
      return false;
    }
    bits.set(Double.doubleToRawLongBits(value));
    touch();
    return true;
  }

  /** Adds to the value, from zero if it was never set. Returns false if the amount or the result is not finite. */
  public boolean add(double amount) {
    while (true) {
      long before = bits.get();
      double value = Double.longBitsToDouble(before);
      double sum = (Double.isNaN(value) ? 0 : value) + amount;
      if (!Double.isFinite(sum)) {
        return false;
      }
      if (bits.compareAndSet(before, Double.doubleToRawLongBits(sum))) {
        touch();
        return true;
      }
    }
  }

  private void touch() {
    if (timed) {
      setAt = System.currentTimeMillis() / 1e3;
    }
  }

  @Override
  void read(double[] cells) {
    if (timed) {
      // Before the value: with a new value and an old time, the next sample puts it right.
      cells[1] = setAt;
    }
    cells[0] = Double.longBitsToDouble(bits.get());
  }

  @Override
  void restart() {}
}
