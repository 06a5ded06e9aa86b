package io.sparkexporter.driver;

import java.util.Arrays;

/** Readings as an answer has them: places in the list of names, and as many values. */
final class PlacedReadings implements ExecutorReadings.Consumer {
  private int[] places = new int[256];
  private double[] values = new double[256];
  private int size;

  @Override
  public void accept(int place, double value) {
    if (size == places.length) {
      places = Arrays.copyOf(places, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    places[size] = place;
    values[size++] = value;
  }

  int size() {
    return size;
  }

  int place(int index) {
    return places[index];
  }

  double value(int index) {
    return values[index];
  }
}
