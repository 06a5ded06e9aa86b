package io.sparkexporter.driver;

import static io.sparkexporter.json.Json.comma;
import static io.sparkexporter.json.Json.key;
import static io.sparkexporter.json.Json.number;
import static io.sparkexporter.json.Json.text;

import io.sparkexporter.message.MessageCounts;
import io.sparkexporter.model.Definition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Writes snapshots as docs/protocol.md has them. */
public final class SnapshotWriter {
  private static final int PROTOCOL = 1;

  private final Application application;
  private final String version;
  private final MessageCounts messages;

  /**
   * Makes a writer.
   *
   * @param version of the plugin
   * @param messages null if messages are off
   */
  public SnapshotWriter(Application application, String version, MessageCounts messages) {
    this.application = application;
    this.version = version;
    this.messages = messages;
  }

  /** Returns the id of the application that the snapshots are of. */
  String applicationId() {
    return application.id;
  }

  /** Returns the snapshot as JSON. */
  public byte[] write(Snapshot snapshot) {
    StringBuilder out = new StringBuilder(1024);
    out.append('{');
    key(out, "protocol").append(PROTOCOL);
    text(key(out, "plugin_version"), version);
    text(key(out, "boot"), snapshot.boot);
    key(out, "sequence").append(snapshot.sequence);
    key(out, "final").append(snapshot.last);
    number(key(out, "time"), snapshot.time);
    writeApplication(key(out, "application"), snapshot);
    key(out, "base").append("{\"metrics\":").append(snapshot.metricsBase);
    key(out, "series").append(snapshot.seriesBase);
    key(out, "readings").append(snapshot.readingsBase).append('}');
    writeMetrics(key(out, "metrics"), snapshot.metrics);
    writeSeries(key(out, "series"), snapshot.series);
    key(out, "totals").append('[');
    for (double[] cells : snapshot.totals) {
      writeCells(out, cells);
    }
    out.append(']');
    writeTexts(key(out, "readings"), snapshot.readings);
    key(out, "application_readings").append('[');
    writePlaces(out, snapshot.applicationReadings);
    out.append(',');
    writeValues(out, snapshot.applicationReadings);
    out.append(']');
    QueryWriter.write(key(out, "queries"), snapshot.queries);
    if (snapshot.operators != null) {
      writeOperators(key(out, "sql_operators"), snapshot.operators);
    }
    ControlWriter.write(key(out, "control"), snapshot.control);
    writeMessages(key(out, "messages"));
    key(out, "executors").append('[');
    for (Snapshot.Executor executor : snapshot.executors) {
      comma(out);
      writeExecutor(out, executor);
    }
    out.append("]}");
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void writeApplication(StringBuilder out, Snapshot snapshot) {
    out.append('{');
    text(key(out, "id"), application.id);
    text(key(out, "name"), application.name);
    text(key(out, "attempt_id"), application.attemptId);
    text(key(out, "spark_version"), application.sparkVersion);
    text(key(out, "user"), application.user);
    number(key(out, "start_time"), application.startTime);
    number(key(out, "report_interval"), application.reportInterval.getAsDouble());
    boolean wanted = !application.isLocal && (snapshot.busy || !application.beginsEmpty);
    key(out, "waiting").append(snapshot.alone && wanted);
    text(key(out, "outcome"), snapshot.outcome);
    out.append('}');
  }

  private static void writeMetrics(StringBuilder out, List<Definition> metrics) {
    out.append('[');
    for (Definition metric : metrics) {
      comma(out);
      out.append('{');
      text(key(out, "name"), metric.name());
      text(key(out, "type"), metric.kind().label());
      text(key(out, "help"), metric.help());
      text(key(out, "unit"), metric.unit());
      writeTexts(key(out, "labels"), metric.labels());
      text(key(out, "mode"), metric.mode() == null ? "" : metric.mode().label());
      key(out, "buckets").append('[');
      writeCells(out, metric.bounds());
      out.append("]}");
    }
    out.append(']');
  }

  private static void writeSeries(StringBuilder out, List<Catalogue.Total> series) {
    out.append('[');
    for (Catalogue.Total one : series) {
      comma(out);
      out.append('[').append(one.metric);
      for (String value : one.labelValues) {
        comma(out);
        text(out, value);
      }
      out.append(']');
    }
    out.append(']');
  }

  private static void writeOperators(StringBuilder out, List<OperatorTotals.Row> rows) {
    out.append('[');
    for (OperatorTotals.Row row : rows) {
      comma(out);
      out.append('[');
      text(out, row.operator);
      for (String word : new String[] {row.metric, row.type}) {
        comma(out);
        text(out, word);
      }
      writeCells(out, new double[] {row.total, row.largest, row.last});
      out.append(']');
    }
    out.append(']');
  }

  private void writeMessages(StringBuilder out) {
    if (messages == null) {
      out.append("null");
      return;
    }
    out.append('[');
    for (MessageCounts.Entry entry : messages.entries()) {
      comma(out);
      text(out.append('['), entry.topic);
      comma(out);
      text(out, entry.result);
      out.append(',').append(entry.count).append(']');
    }
    out.append(']');
  }

  private static void writeExecutor(StringBuilder out, Snapshot.Executor executor) {
    boolean live = Double.isNaN(executor.removed);
    out.append('{');
    text(key(out, "id"), executor.id);
    text(key(out, "host"), executor.host);
    text(key(out, "state"), live ? "live" : "removed");
    text(key(out, "reason"), executor.reason);
    writeTime(key(out, "added"), executor.added);
    writeTime(key(out, "removed"), executor.removed);
    writeTime(key(out, "reported"), executor.reported);
    key(out, "reports").append(executor.reports);
    key(out, "tasks_ended").append(executor.tasksEnded);
    key(out, "stats").append('{');
    writeNumbers(out, executor.stats.numbers());
    key(out, "dropped").append('{');
    writeNumbers(out, executor.stats.dropped());
    out.append("}}");
    if (executor.configVersion >= 0) {
      key(out, "config_version").append(executor.configVersion);
    }
    if (executor.series != null) {
      key(out, "series").append('[');
      for (Integer place : executor.series) {
        comma(out);
        out.append(place.intValue());
      }
      out.append(']');
      key(out, "values").append('[');
      for (double[] cells : executor.values) {
        writeCells(out, cells);
      }
      out.append(']');
    }
    if (executor.readings != null) {
      writePlaces(key(out, "readings"), executor.readings);
      writeValues(key(out, "reading_values"), executor.readings);
    }
    out.append('}');
  }

  private static void writePlaces(StringBuilder out, PlacedReadings readings) {
    out.append('[');
    for (int i = 0; i < readings.size(); i++) {
      comma(out);
      out.append(readings.place(i));
    }
    out.append(']');
  }

  private static void writeValues(StringBuilder out, PlacedReadings readings) {
    out.append('[');
    for (int i = 0; i < readings.size(); i++) {
      comma(out);
      number(out, readings.value(i));
    }
    out.append(']');
  }

  /** A time that has not come is null. */
  static void writeTime(StringBuilder out, double time) {
    if (Double.isNaN(time)) {
      out.append("null");
    } else {
      number(out, time);
    }
  }

  static void writeNumbers(StringBuilder out, Map<String, Double> numbers) {
    for (Map.Entry<String, Double> entry : numbers.entrySet()) {
      number(key(out, entry.getKey()), entry.getValue());
    }
  }

  private static void writeCells(StringBuilder out, double[] cells) {
    for (double cell : cells) {
      comma(out);
      number(out, cell);
    }
  }

  private static void writeTexts(StringBuilder out, List<String> texts) {
    out.append('[');
    for (String one : texts) {
      comma(out);
      text(out, one);
    }
    out.append(']');
  }
}
