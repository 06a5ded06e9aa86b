package io.sparkexporter.report;

import io.sparkexporter.model.Definition;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;

/** Turns reports into bytes. */
final class ReportWriter {
  private ReportWriter() {}

  static byte[] write(Report report) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(Section.VERSION);
    Section.write(out, Section.REPORT_HEAD, section -> writeHead(section, report));
    Section.write(out, Section.METRICS, section -> writeMetrics(section, report));
    Section.write(out, Section.SERIES, section -> writeSeries(section, report));
    Section.write(out, Section.VALUES, section -> writeValues(section, report));
    Section.write(out, Section.STATS, section -> writeStats(section, report.stats));
    Section.write(out, Section.READINGS, section -> writeReadings(section, report));
    if (report.control != null) {
      Section.write(out, Section.CONTROL, report.control::write);
    }
    return bytes.toByteArray();
  }

  private static void writeHead(DataOutputStream out, Report report) throws IOException {
    Section.writeText(out, report.executorId);
    out.writeLong(report.session);
    out.writeLong(report.sequence);
    out.writeLong(report.tasksEnded);
  }

  private static void writeMetrics(DataOutputStream out, Report report) throws IOException {
    out.writeInt(report.metricsBase);
    out.writeInt(report.metrics.size());
    for (Definition definition : report.metrics) {
      out.writeByte(definition.kind().code());
      out.writeByte(definition.mode() == null ? 0 : definition.mode().code());
      Section.writeText(out, definition.name());
      Section.writeText(out, definition.help());
      Section.writeText(out, definition.unit());
      out.writeInt(definition.labels().size());
      for (String label : definition.labels()) {
        Section.writeText(out, label);
      }
      out.writeInt(definition.boundCount());
      for (int i = 0; i < definition.boundCount(); i++) {
        out.writeDouble(definition.bound(i));
      }
    }
  }

  private static void writeSeries(DataOutputStream out, Report report) throws IOException {
    out.writeInt(report.seriesBase);
    out.writeInt(report.series.size());
    for (Report.SeriesKey series : report.series) {
      out.writeInt(series.metric);
      out.writeInt(series.labelValues.size());
      for (String value : series.labelValues) {
        Section.writeText(out, value);
      }
    }
  }

  private static void writeValues(DataOutputStream out, Report report) throws IOException {
    out.writeInt(report.values.length);
    for (int i = 0; i < report.values.length; i++) {
      out.writeInt(report.valueSeries[i]);
      out.writeInt(report.values[i].length);
      for (double cell : report.values[i]) {
        out.writeDouble(cell);
      }
    }
  }

  private static void writeStats(DataOutputStream out, Stats stats) throws IOException {
    writeNumbers(out, stats.numbers());
    writeNumbers(out, stats.dropped());
  }

  private static void writeReadings(DataOutputStream out, Report report) throws IOException {
    out.writeInt(report.readingsBase);
    out.writeInt(report.readingNames.size());
    for (String name : report.readingNames) {
      Section.writeText(out, name);
    }
    out.writeInt(report.readings.length);
    for (int i = 0; i < report.readings.length; i++) {
      out.writeInt(report.readings[i]);
      out.writeDouble(report.readingValues[i]);
    }
  }

  private static void writeNumbers(DataOutputStream out, Map<String, Double> numbers) throws IOException {
    out.writeInt(numbers.size());
    for (Map.Entry<String, Double> number : numbers.entrySet()) {
      Section.writeText(out, number.getKey());
      out.writeDouble(number.getValue());
    }
  }
}
