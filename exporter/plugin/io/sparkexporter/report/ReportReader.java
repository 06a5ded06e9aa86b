package io.sparkexporter.report;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns bytes into reports. */
public final class ReportReader {
  private ReportReader() {}

  /**
   * Reads a report.
   *
   * @throws IOException if the bytes are not a whole report of this version
   */
  public static Report read(byte[] bytes) throws IOException {
    Report report = new Report();
    Section.readAll(bytes, (section, in) -> readSection(report, section, in));
    if (report.executorId == null || report.metrics == null || report.series == null || report.values == null) {
      throw new IOException("a report that lacks a section");
    }
    if (report.readingNames == null) {
      report.readingNames = Collections.emptyList();
      report.readings = new int[0];
      report.readingValues = new double[0];
    }
    if (report.stats == null) {
      report.stats = Stats.NONE;
    }
    return report;
  }

  private static void readSection(Report report, int section, DataInputStream in) throws IOException {
    switch (section) {
      case Section.REPORT_HEAD:
        report.executorId = Section.readText(in);
        report.session = in.readLong();
        report.sequence = in.readLong();
        report.tasksEnded = in.readLong();
        break;
      case Section.METRICS:
        readMetrics(report, in);
        break;
      case Section.SERIES:
        readSeries(report, in);
        break;
      case Section.VALUES:
        readValues(report, in);
        break;
      case Section.STATS:
        report.stats = new Stats(readNumbers(in), readNumbers(in));
        break;
      case Section.READINGS:
        readReadings(report, in);
        break;
      case Section.CONTROL:
        report.control = ControlReport.read(in);
        break;
      default:
        // Of a later version.
    }
  }

  private static void readMetrics(Report report, DataInputStream in) throws IOException {
    report.metricsBase = in.readInt();
    int count = Section.count(in, in.readInt());
    List<Definition> metrics = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      metrics.add(readDefinition(in));
    }
    report.metrics = metrics;
  }

  private static Definition readDefinition(DataInputStream in) throws IOException {
    Kind kind = Kind.byCode(in.readByte());
    Mode mode = Mode.byCode(in.readByte());
    String name = Section.readText(in);
    String help = Section.readText(in);
    String unit = Section.readText(in);
    List<String> labels = readTexts(in);
    double[] bounds = new double[Section.count(in, in.readInt())];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = in.readDouble();
    }
    if (kind == null || (mode != null) != (kind == Kind.GAUGE)) {
      throw new IOException("a definition of no known type");
    }
    return new Definition(kind, mode, name, help, unit, labels, bounds);
  }

  private static void readSeries(Report report, DataInputStream in) throws IOException {
    report.seriesBase = in.readInt();
    int count = Section.count(in, in.readInt());
    List<Report.SeriesKey> series = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      series.add(new Report.SeriesKey(in.readInt(), Collections.unmodifiableList(readTexts(in))));
    }
    report.series = series;
  }

  private static void readValues(Report report, DataInputStream in) throws IOException {
    int count = Section.count(in, in.readInt());
    report.valueSeries = new int[count];
    report.values = new double[count][];
    for (int i = 0; i < count; i++) {
      report.valueSeries[i] = in.readInt();
      double[] cells = new double[Section.count(in, in.readInt())];
      for (int j = 0; j < cells.length; j++) {
        cells[j] = in.readDouble();
      }
      report.values[i] = cells;
    }
  }

  private static void readReadings(Report report, DataInputStream in) throws IOException {
    report.readingsBase = in.readInt();
    report.readingNames = readTexts(in);
    int count = Section.count(in, in.readInt());
    report.readings = new int[count];
    report.readingValues = new double[count];
    for (int i = 0; i < count; i++) {
      report.readings[i] = in.readInt();
      report.readingValues[i] = in.readDouble();
    }
  }

  private static Map<String, Double> readNumbers(DataInputStream in) throws IOException {
    int count = Section.count(in, in.readInt());
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      numbers.put(Section.readText(in), in.readDouble());
    }
    return numbers;
  }

  private static List<String> readTexts(DataInputStream in) throws IOException {
    int count = Section.count(in, in.readInt());
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(Section.readText(in));
    }
    return texts;
  }
}
