package io.sparkexporter.event;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** How many recipients of events have come to which state, and how long deliveries took. Only grows. Guarded by its owner. */
public final class EventStatistics {
  private static final int MAX_TYPES = 100;
  private static final String OTHER = "other";
  private static final double[] BOUNDS = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

  private final Map<String, Map<EventState, Long>> counts = new LinkedHashMap<>();
  private final long[] deliveries = new long[BOUNDS.length + 1];
  private double sum;

  /** Takes one number of recipients. */
  public interface Consumer {
    /** Called for each type and state that was ever reached. */
    void accept(String type, EventState state, long count);
  }

  void count(String type, EventState state, long recipients) {
    String kept = counts.containsKey(type) || counts.size() < MAX_TYPES ? type : OTHER;
    counts.computeIfAbsent(kept, unused -> new EnumMap<>(EventState.class)).merge(state, recipients, Long::sum);
  }

  void delivered(double seconds) {
    int bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) {
      bucket++;
    }
    deliveries[bucket]++;
    sum += seconds;
  }

  /** Returns a copy that nobody changes. */
  public EventStatistics copy() {
    EventStatistics copy = new EventStatistics();
    counts.forEach((type, states) -> copy.counts.put(type, new EnumMap<>(states)));
    System.arraycopy(deliveries, 0, copy.deliveries, 0, deliveries.length);
    copy.sum = sum;
    return copy;
  }

  /** Calls the consumer for each type and state. */
  public void each(Consumer consumer) {
    counts.forEach((type, states) -> states.forEach((state, count) -> consumer.accept(type, state, count)));
  }

  /** Finite upper bounds of the buckets of deliveries, in seconds. */
  public double[] bounds() {
    return BOUNDS.clone();
  }

  /** Deliveries to executors by bucket, not cumulative; one bucket more than there are bounds. */
  public long[] deliveries() {
    return deliveries.clone();
  }

  /** Seconds from acceptance to delivery, of all deliveries to executors. */
  public double deliverySeconds() {
    return sum;
  }
}
