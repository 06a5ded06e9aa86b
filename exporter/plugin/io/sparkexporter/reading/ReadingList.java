package io.sparkexporter.reading;

import java.util.Arrays;

/** Readings in the order in which they were set. */
public final class ReadingList implements Readings {
  private String[] names;
  private double[] values;
  private int size;

  /** Makes an empty list with room for this many. */
  public ReadingList(int room) {
    names = new String[Math.max(room, 8)];
    values = new double[names.length];
  }

  @Override
  public void set(String name, double value) {
    if (size == names.length) {
      names = Arrays.copyOf(names, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    names[size] = name;
    values[size++] = value;
  }

  public int size() {
    return size;
  }

  /** Sets all of them elsewhere. */
  public void copyTo(Readings into) {
    for (int i = 0; i < size; i++) {
      into.set(names[i], values[i]);
    }
  }
}
