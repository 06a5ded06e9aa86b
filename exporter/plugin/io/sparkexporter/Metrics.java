package io.sparkexporter;

import io.sparkexporter.memory.Cell;
import io.sparkexporter.memory.MemoryRegistry;
import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import io.sparkexporter.model.Reason;
import io.sparkexporter.model.Rules;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Custom metrics of Scala and Java code, on the driver and on executors.
 *
 * <pre>{@code
 * private static final Counter ROWS = Metrics.counter("rows_parsed", "Rows parsed", "source");
 * ROWS.labels("kafka").inc();
 * }</pre>
 *
 * <p>The same definition twice gives the same metric. A definition that is not valid, or that contradicts an earlier
 * one, is an IllegalArgumentException; nothing else here ever throws. Without the plugin the values go nowhere.
 */
public final class Metrics {
  private static final double[] DEFAULT_BUCKETS = {
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
  };

  private Metrics() {}

  /** Returns the counter of this name. */
  public static Counter counter(String name, String help, String... labelNames) {
    return define(name, help).labels(labelNames).counter();
  }

  /** Returns the gauge of this name; the values of several processes add up. */
  public static Gauge gauge(String name, String help, String... labelNames) {
    return define(name, help).labels(labelNames).gauge();
  }

  /** Returns the histogram of this name, with buckets that suit seconds. */
  public static Histogram histogram(String name, String help, String... labelNames) {
    return define(name, help).labels(labelNames).histogram();
  }

  /** Starts the definition of a metric that needs more than a name, a help text and labels. */
  public static Builder define(String name, String help) {
    return new Builder(name, help);
  }

  /** Collects the parts of a definition; the last call says what the metric is. */
  public static final class Builder {
    private final String name;
    private final String help;
    private String unit = "";
    private List<String> labels = Collections.emptyList();
    private double[] buckets = DEFAULT_BUCKETS;
    private Mode mode = Mode.SUM;

    private Builder(String name, String help) {
      this.name = name;
      this.help = help;
    }

    /** Base unit, such as {@code seconds}; appended to the name if it is missing there. */
    public Builder unit(String baseUnit) {
      unit = baseUnit;
      return this;
    }

    /** Names of the labels. */
    public Builder labels(String... labelNames) {
      labels = Arrays.asList(labelNames.clone());
      return this;
    }

    /** Upper bounds of a histogram's buckets, ascending; +Inf is implied. */
    public Builder buckets(double... upperBounds) {
      buckets = upperBounds.clone();
      return this;
    }

    /** How the values that several processes give to a gauge combine. */
    public Builder mode(Mode combination) {
      mode = combination;
      return this;
    }

    /** Returns the counter. */
    public Counter counter() {
      Definition definition = registered(Kind.COUNTER);
      return new Counter(definition, own(definition), cell(definition));
    }

    /** Returns the gauge. */
    public Gauge gauge() {
      Definition definition = registered(Kind.GAUGE);
      return new Gauge(definition, own(definition), cell(definition));
    }

    /** Returns the histogram. */
    public Histogram histogram() {
      Definition definition = registered(Kind.HISTOGRAM);
      return new Histogram(definition, own(definition), cell(definition));
    }

    private Definition registered(Kind kind) {
      return MemoryRegistry.INSTANCE.define(Rules.define(kind, mode, name, help, unit, labels, buckets));
    }
  }

  /** A metric without labels is its own only series. */
  private static List<String> own(Definition definition) {
    return definition.labels().isEmpty() ? Collections.emptyList() : null;
  }

  private static Cell cell(Definition definition) {
    if (!definition.labels().isEmpty()) {
      return null;
    }
    Cell cell = MemoryRegistry.INSTANCE.series(definition, Collections.emptyList());
    return cell == null ? MemoryRegistry.unseen(definition) : cell;
  }

  /** Returns this JVM's metric for one that arrives serialized. */
  static Recorder<?> restore(Definition definition) {
    try {
      Definition known = MemoryRegistry.INSTANCE.define(definition);
      return make(known, own(known), cell(known));
    } catch (IllegalArgumentException conflict) {
      MemoryRegistry.INSTANCE.refuse(
          Reason.DEFINITION_CONFLICT,
          definition.name(),
          conflict.getMessage() + ". What arrived serialized is not recorded");
      return make(definition, Collections.emptyList(), MemoryRegistry.unseen(definition));
    }
  }

  private static Recorder<?> make(Definition definition, List<String> labelValues, Cell cell) {
    switch (definition.kind()) {
      case COUNTER:
        return new Counter(definition, labelValues, cell);
      case GAUGE:
        return new Gauge(definition, labelValues, cell);
      default:
        return new Histogram(definition, labelValues, cell);
    }
  }
}
