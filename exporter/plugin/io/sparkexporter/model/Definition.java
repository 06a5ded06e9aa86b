package io.sparkexporter.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** What a metric is: everything that two processes must agree on. Immutable. */
public final class Definition {
  private final String name;
  private final Kind kind;
  private final Mode mode;
  private final String help;
  private final String unit;
  private final List<String> labels;
  private final double[] bounds;

  /**
   * Makes a definition without checking it; see {@link Rules}.
   *
   * @param mode how gauges combine; null for the other kinds
   * @param bounds the finite upper bounds of a histogram, ascending; empty for the other kinds
   */
  public Definition(
      Kind kind, Mode mode, String name, String help, String unit, List<String> labels, double[] bounds) {
    this.kind = kind;
    this.mode = mode;
    this.name = name;
    this.help = help;
    this.unit = unit;
    this.labels = Collections.unmodifiableList(Arrays.asList(labels.toArray(new String[0])));
    this.bounds = bounds.clone();
  }

  public String name() {
    return name;
  }

  public Kind kind() {
    return kind;
  }

  /** Null unless this is a gauge. */
  public Mode mode() {
    return mode;
  }

  public String help() {
    return help;
  }

  public String unit() {
    return unit;
  }

  public List<String> labels() {
    return labels;
  }

  public int boundCount() {
    return bounds.length;
  }

  public double bound(int index) {
    return bounds[index];
  }

  /** The upper bounds; a copy. */
  public double[] bounds() {
    return bounds.clone();
  }

  /** How many cells one series has in one process. */
  public int processCells() {
    if (kind == Kind.HISTOGRAM) {
      return bounds.length + 2;
    }
    return mode == Mode.MOST_RECENT ? 2 : 1;
  }

  /** How many cells one series has once processes are combined: a mean also carries how many they are. */
  public int cells() {
    return mode == Mode.MEAN ? 2 : processCells();
  }

  /** Says whether both describe the same series. Help texts may differ: the first one stays. */
  public boolean agreesWith(Definition other) {
    return name.equals(other.name)
        && kind == other.kind
        && mode == other.mode
        && unit.equals(other.unit)
        && labels.equals(other.labels)
        && Arrays.equals(bounds, other.bounds);
  }
}
