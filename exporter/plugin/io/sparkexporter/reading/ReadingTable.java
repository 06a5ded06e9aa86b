package io.sparkexporter.reading;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All readings of this JVM. Names are only ever appended, so that their places can stand for them. Used by the sampling
 * thread alone.
 */
public final class ReadingTable implements Readings {
  /** A name that is longer is an accident. */
  static final int MAX_NAME_LENGTH = 500;

  private final int maxReadings;
  private final Drops drops;
  private final Map<String, Integer> places = new HashMap<>();
  private final Set<String> refused = new HashSet<>();
  private final List<String> names = new ArrayList<>();
  /** Of the last sample; NaN where there is none. */
  private double[] values = new double[256];
  private double[] next = new double[256];
  private long[] changedIn = new long[256];
  private int present;

  /** Makes an empty table that remembers at most this many names. */
  public ReadingTable(int maxReadings, Drops drops) {
    this.maxReadings = maxReadings;
    this.drops = drops;
  }

  /** What is set twice in one sample keeps its first value, as in Spark's registry. */
  @Override
  public void set(String name, double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return;
    }
    Integer place = places.get(name);
    if (place == null) {
      place = add(name);
    }
    if (place != null && Double.isNaN(next[place])) {
      next[place] = value;
    }
  }

  /** Returns null if there is no room for it. */
  private Integer add(String name) {
    if (names.size() >= maxReadings || name.length() > MAX_NAME_LENGTH) {
      // Counted once, however often it is sampled.
      if (refused.size() < 10_000 && refused.add(name)) {
        drops.count(Reason.READING_LIMIT);
      }
      return null;
    }
    int place = names.size();
    if (place == next.length) {
      values = Arrays.copyOf(values, 2 * place);
      next = Arrays.copyOf(next, 2 * place);
      changedIn = Arrays.copyOf(changedIn, 2 * place);
    }
    values[place] = Double.NaN;
    next[place] = Double.NaN;
    places.put(name, place);
    names.add(name);
    return place;
  }

  /** Forgets what was set, so that it can be set anew. */
  void begin() {
    Arrays.fill(next, 0, names.size(), Double.NaN);
  }

  /** Makes what was set the present values; what changed will be carried by {@code report}. */
  void settle(long report) {
    present = 0;
    for (int i = 0; i < names.size(); i++) {
      present += Double.isNaN(next[i]) ? 0 : 1;
      if (Double.compare(values[i], next[i]) != 0) {
        values[i] = next[i];
        changedIn[i] = report;
      }
    }
  }

  /** All names that were ever set. */
  public List<String> names() {
    return Collections.unmodifiableList(names);
  }

  /** The present value of the reading at this place; NaN if it is gone. */
  public double value(int place) {
    return values[place];
  }

  /** Number of the first report that carries the present value; 0 if it never had one. */
  public long changedIn(int place) {
    return changedIn[place];
  }

  /** How many readings have a value. */
  public int present() {
    return present;
  }
}
