package io.sparkexporter.message;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what became of the messages of each topic, in the driver. */
public final class MessageCounts {
  private static final int MAX_TOPICS = 100;
  private static final int MAX_UNKNOWN = 50;
  private static final String OTHER = "other";

  private final Map<String, Map<String, LongAdder>> topics = new ConcurrentHashMap<>();

  /**
   * Counts one.
   *
   * @param known whether there is a handler; a topic without one may be a mistake, and must not use up the room
   */
  void add(boolean known, String topic, String result) {
    Map<String, LongAdder> results = topics.get(topic);
    if (results == null) {
      String name = topics.size() < (known ? MAX_TOPICS : MAX_UNKNOWN) ? topic : OTHER;
      results = topics.computeIfAbsent(name, any -> new ConcurrentHashMap<>());
    }
    results.computeIfAbsent(result, any -> new LongAdder()).increment();
  }

  /** One count. */
  public static final class Entry {
    public final String topic;
    public final String result;
    public final long count;

    Entry(String topic, String result, long count) {
      this.topic = topic;
      this.result = result;
      this.count = count;
    }
  }

  /** Returns all counts. */
  public List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    topics.forEach(
        (topic, results) -> results.forEach((result, count) -> entries.add(new Entry(topic, result, count.sum()))));
    return entries;
  }
}
