package io.sparkexporter;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/** How a metric, or one series of it, travels: as its definition, never with its value. */
final class SerializedMetric implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final Mode mode;
  private final String name;
  private final String help;
  private final String unit;
  private final String[] labels;
  private final double[] bounds;
  private final String[] labelValues;

  SerializedMetric(Definition definition, List<String> labelValues) {
    this.kind = definition.kind();
    this.mode = definition.mode();
    this.name = definition.name();
    this.help = definition.help();
    this.unit = definition.unit();
    this.labels = definition.labels().toArray(new String[0]);
    this.bounds = definition.bounds();
    this.labelValues = labelValues == null ? new String[0] : labelValues.toArray(new String[0]);
  }

  private Object readResolve() {
    Definition definition = new Definition(kind, mode, name, help, unit, Arrays.asList(labels), bounds);
    Recorder<?> metric = Metrics.restore(definition);
    return labelValues.length == 0 ? metric : metric.labels(labelValues);
  }
}
