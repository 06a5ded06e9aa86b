package io.sparkexporter.driver;

import java.util.HashMap;
import java.util.Map;

/** What tasks, or the driver, have added to accumulators. Guarded by its owner. */
final class Tally {
  /** Of one accumulator: the sum and the largest of all updates above zero, and the sum of those below. */
  static final class Cell {
    long sum;
    long largest;
    long negative;

    void add(long update) {
      if (update > 0) {
        sum += update;
        largest = Math.max(largest, update);
      } else {
        negative += update;
      }
    }

    void add(Cell other) {
      sum += other.sum;
      largest = Math.max(largest, other.largest);
      negative += other.negative;
    }
  }

  private final Map<Long, Cell> cells = new HashMap<>();

  /** Returns the cell of an accumulator, or null. */
  Cell of(long accumulator) {
    return cells.get(accumulator);
  }

  /** Adds an update, unless that would need a new cell and there is no room. Returns false if it is lost. */
  boolean add(long accumulator, long update, boolean room) {
    Cell cell = cells.get(accumulator);
    if (cell == null && update == 0) {
      return true;
    }
    if (cell == null && room) {
      cell = new Cell();
      cells.put(accumulator, cell);
    }
    if (cell != null) {
      cell.add(update);
    }
    return cell != null;
  }

  int size() {
    return cells.size();
  }
}
