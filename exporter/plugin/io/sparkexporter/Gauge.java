package io.sparkexporter;

import io.sparkexporter.memory.Cell;
import io.sparkexporter.memory.GaugeCell;
import io.sparkexporter.model.Definition;
import java.util.List;

/** A value that goes up and down: a queue's length, a model's version. Thread-safe. */
public final class Gauge extends Recorder<Gauge> {
  private static final long serialVersionUID = 1L;

  Gauge(Definition definition, List<String> labelValues, Cell cell) {
    super(definition, labelValues, cell);
  }

  @Override
  Gauge make(List<String> values, Cell cell) {
    return new Gauge(definition(), values, cell);
  }

  /** Sets a finite value; anything else is refused and counted. */
  public void set(double value) {
    GaugeCell cell = (GaugeCell) cell();
    if (cell != null && !cell.set(value)) {
      refuse("it refused the value " + value + ": give a finite number");
    }
  }

  /** Sets the present Unix time in seconds. */
  public void setToCurrentTime() {
    set(System.currentTimeMillis() / 1e3);
  }

  /** Adds one. */
  public void inc() {
    inc(1);
  }

  /** Adds a finite amount, from zero if the gauge was never set. */
  public void inc(double amount) {
    GaugeCell cell = (GaugeCell) cell();
    if (cell != null && !cell.add(amount)) {
      refuse("it refused to change by " + amount + ": give a finite number");
    }
  }

  /** Subtracts one. */
  public void dec() {
    inc(-1);
  }

  /** Subtracts a finite amount. */
  public void dec(double amount) {
    inc(-amount);
  }
}
