package io.sparkexporter;

import io.sparkexporter.memory.Cell;
import io.sparkexporter.memory.MemoryRegistry;
import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Reason;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What counters, gauges and histograms have in common: a definition, labels, and travelling with closures.
 *
 * <p>Once constructed it never throws: what is wrong is counted, and logged once.
 *
 * @param <R> the metric's own class
 */
public abstract class Recorder<R extends Recorder<R>> implements Serializable {
  private static final long serialVersionUID = 1L;

  private final transient Definition definition;
  /** Null for a metric with labels, which has series but is none. */
  private final transient List<String> labelValues;
  /** Null where {@link #labelValues} is. */
  private final transient Cell cell;
  private final transient ConcurrentMap<List<String>, R> children = new ConcurrentHashMap<>();
  private transient volatile R unseen;

  Recorder(Definition definition, List<String> labelValues, Cell cell) {
    this.definition = definition;
    this.labelValues = labelValues;
    this.cell = cell;
  }

  abstract R make(List<String> values, Cell valuesCell);

  /** The cell to record into, or null, counted, if a label is missing. */
  final Cell cell() {
    if (cell == null) {
      refuse("it has labels, so choose a series before recording: labels(...)");
    }
    return cell;
  }

  final Definition definition() {
    return definition;
  }

  final List<String> labelValues() {
    return labelValues;
  }

  final void refuse(String sentence) {
    MemoryRegistry.INSTANCE.refuse(Reason.INVALID_VALUE, definition.name(), sentence);
  }

  /**
   * Returns the series for these label values, in the order of the label names. Keep it if it is used often.
   *
   * <p>What does not fit the label names is refused: the returned series is seen by nobody.
   */
  public final R labels(String... values) {
    R known = values == null ? null : children.get(Arrays.asList(values));
    if (known != null) {
      return known;
    }
    if (values == null || Arrays.asList(values).contains(null)) {
      refuse("a label value is null");
      return unseen();
    }
    if (cell != null || values.length != definition.labels().size()) {
      refuse("got " + values.length + " label values; expected " + expected());
      return unseen();
    }
    List<String> texts = Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
    Cell found = MemoryRegistry.INSTANCE.series(definition, texts);
    return found == null ? unseen() : children.computeIfAbsent(texts, key -> make(key, found));
  }

  private String expected() {
    if (cell != null) {
      return "none: it has no labels, or is one series already";
    }
    return definition.labels().size() + ", for " + String.join(", ", definition.labels());
  }

  private R unseen() {
    R found = unseen;
    if (found == null) {
      found = make(Collections.emptyList(), MemoryRegistry.unseen(definition));
      unseen = found;
    }
    return found;
  }

  /** Spark ships closures; the receiving JVM uses its own metric of the definition. */
  final Object writeReplace() {
    return new SerializedMetric(definition, labelValues);
  }
}
