package io.sparkexporter.model;

/**
 * The arithmetic of combining values, first of the processes of one JVM, then of the executors of one application.
 *
 * <p>A process's cells are those of docs/segment-format.md, combined cells those of docs/protocol.md.
 */
public final class Cells {
  /** A falling histogram sum that is this close to the former one comes from another order of adding. */
  private static final double ROUNDING = 1e-12;

  private Cells() {}

  /** Returns the combined cells of no process at all. */
  public static double[] none(Definition definition) {
    double[] cells = new double[definition.cells()];
    if (definition.kind() == Kind.GAUGE && definition.mode() != Mode.MEAN) {
      cells[0] = Double.NaN;
    }
    return cells;
  }

  /** Adds the cells of a live process, found in {@code cells} from {@code at}, to combined cells. */
  public static void addProcess(Definition definition, double[] into, double[] cells, int at) {
    if (definition.mode() == Mode.MEAN) {
      if (!Double.isNaN(cells[at])) {
        into[0] += cells[at];
        into[1] += 1;
      }
    } else {
      combine(definition, into, cells, at);
    }
  }

  /** Adds what stays of a process that has ended. */
  public static void addEndedProcess(Definition definition, double[] into, double[] cells, int at) {
    if (definition.mode() != Mode.SUM && definition.mode() != Mode.MEAN) {
      combine(definition, into, cells, at);
    }
  }

  /** Adds the combined cells of a live executor to those of the application. */
  public static void addExecutor(Definition definition, double[] into, double[] cells) {
    if (definition.mode() == Mode.MEAN) {
      into[0] += cells[0];
      into[1] += cells[1];
    } else {
      combine(definition, into, cells, 0);
    }
  }

  /** Adds what stays of a removed executor. */
  public static void addRemovedExecutor(Definition definition, double[] into, double[] cells) {
    if (definition.kind() != Kind.GAUGE || definition.mode() == Mode.MOST_RECENT) {
      combine(definition, into, cells, 0);
    }
  }

  private static void combine(Definition definition, double[] into, double[] cells, int at) {
    if (definition.kind() != Kind.GAUGE) {
      for (int i = 0; i < into.length; i++) {
        into[i] += cells[at + i];
      }
    } else if (!Double.isNaN(cells[at])) {
      combineGauge(definition.mode(), into, cells, at);
    }
  }

  private static void combineGauge(Mode mode, double[] into, double[] cells, int at) {
    double value = cells[at];
    boolean first = Double.isNaN(into[0]);
    switch (mode) {
      case SUM:
        into[0] = first ? value : into[0] + value;
        break;
      case MAX:
        into[0] = first ? value : Math.max(into[0], value);
        break;
      case MIN:
        into[0] = first ? value : Math.min(into[0], value);
        break;
      default:
        if (first || cells[at + 1] > into[1]) {
          into[0] = value;
          into[1] = cells[at + 1];
        }
    }
  }

  /**
   * Makes sure that what only grows does not seem to fall because the same numbers were added in another order,
   * which a Prometheus server would take for a restart.
   */
  public static void neverBack(Definition definition, double[] previous, double[] next) {
    if (definition.kind() == Kind.GAUGE) {
      return;
    }
    int counts = definition.kind() == Kind.COUNTER ? 1 : next.length - 1;
    for (int i = 0; i < counts; i++) {
      if (!(next[i] >= previous[i])) {
        next[i] = previous[i];
      }
    }
    if (counts < next.length && isRoundingOf(previous[counts], next[counts])) {
      next[counts] = previous[counts];
    }
  }

  /** A sum may really fall, by observations below zero. */
  private static boolean isRoundingOf(double previous, double next) {
    return next < previous && previous - next <= Math.abs(previous) * ROUNDING;
  }

  /** Compares bit by bit, so that NaN equals NaN. */
  public static boolean same(double[] one, double[] other) {
    for (int i = 0; i < one.length; i++) {
      if (Double.doubleToRawLongBits(one[i]) != Double.doubleToRawLongBits(other[i])) {
        return false;
      }
    }
    return true;
  }
}
