package io.sparkexporter.driver;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The names of all readings of the application, in a list that only ever grows. Guarded by its owner. */
final class ReadingNames {
  static final int DROPPED = -1;
  /** The JVMs of an application have most names in common, so this is much more than one of them has. */
  private static final int MAX_NAMES = 20_000;

  private final Drops drops;
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> places = new HashMap<>();

  ReadingNames(Drops drops) {
    this.drops = drops;
  }

  /** Returns the place of the name, or {@link #DROPPED} if there are too many. */
  int place(String name) {
    Integer known = places.get(name);
    if (known != null) {
      return known;
    }
    if (names.size() >= MAX_NAMES) {
      drops.count(Reason.READING_LIMIT);
      return DROPPED;
    }
    places.put(name, names.size());
    names.add(name);
    return names.size() - 1;
  }

  int count() {
    return names.size();
  }

  List<String> from(int start) {
    return new ArrayList<>(names.subList(start, names.size()));
  }
}
