package io.sparkexporter.memory;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import io.sparkexporter.model.Rules;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All metrics that code in this JVM has defined. Outlives applications, as static metrics of user code do. */
public final class MemoryRegistry {
  /** The one of this JVM. */
  public static final MemoryRegistry INSTANCE = new MemoryRegistry();

  static final int MAX_SERIES = 10_000;
  private static final Logger LOG = LoggerFactory.getLogger(MemoryRegistry.class);

  private final Map<String, Definition> definitions = new HashMap<>();
  private final List<Cell> cells = new ArrayList<>();
  private final Map<String, Map<List<String>, Cell>> byMetric = new HashMap<>();
  private final Set<String> said = new HashSet<>();
  private Drops drops = new Drops();

  private MemoryRegistry() {}

  /**
   * Returns this JVM's definition that agrees with the given one.
   *
   * @throws IllegalArgumentException another metric has the name
   */
  public synchronized Definition define(Definition definition) {
    Definition known = definitions.get(definition.name());
    if (known == null) {
      definitions.put(definition.name(), definition);
      return definition;
    }
    if (!known.agreesWith(definition)) {
      throw new IllegalArgumentException(
          "metric '"
              + definition.name()
              + "' is defined already, and differently, as a "
              + known.kind().label()
              + "; use the same definition, or another name");
    }
    return known;
  }

  /** Returns the cell of a series, or null if it is refused. */
  public synchronized Cell series(Definition definition, List<String> labelValues) {
    Map<List<String>, Cell> children = byMetric.computeIfAbsent(definition.name(), name -> new HashMap<>());
    Cell cell = children.get(labelValues);
    if (cell == null && isAcceptable(definition, labelValues)) {
      cell = Cell.of(definition, labelValues);
      children.put(labelValues, cell);
      cells.add(cell);
    }
    return cell;
  }

  private boolean isAcceptable(Definition definition, List<String> labelValues) {
    for (String value : labelValues) {
      if (value.getBytes(StandardCharsets.UTF_8).length > Rules.MAX_LABEL_VALUE_BYTES) {
        refuse(
            Reason.LABEL_TOO_LONG,
            definition.name(),
            "a label value is longer than " + Rules.MAX_LABEL_VALUE_BYTES + " bytes: the series is not recorded");
        return false;
      }
    }
    if (cells.size() >= MAX_SERIES) {
      refuse(Reason.SERIES_LIMIT, definition.name(), "this JVM has " + MAX_SERIES + " series: no new one is recorded");
      return false;
    }
    return true;
  }

  /** Returns a cell that works and that nobody sees. */
  public static Cell unseen(Definition definition) {
    return Cell.of(definition, new ArrayList<>());
  }

  /** Counts a refusal, and logs the sentence if it is the first for this reason and metric. */
  public synchronized void refuse(Reason reason, String metric, String sentence) {
    drops.count(reason);
    if (said.add(reason + " " + metric)) {
      LOG.warn(
          "spark-exporter: metric '{}': {}. (Said once; the rest is counted as {}.)",
          metric,
          sentence,
          reason.label());
    }
  }

  /** Adds the cells that are new since there were {@code list.size()}. */
  synchronized void addNewTo(List<Cell> list) {
    list.addAll(cells.subList(list.size(), cells.size()));
  }

  synchronized double dropped(Reason reason) {
    return drops.get(reason);
  }

  /** Starts all counts from zero: the application has ended, and another one may follow in this JVM. */
  public synchronized void restart() {
    cells.forEach(Cell::restart);
    drops = new Drops();
  }
}
