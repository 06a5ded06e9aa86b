package io.sparkexporter.report;

import io.sparkexporter.model.Definition;
import java.util.List;

/** What one JVM tells the driver. Values are absolute, so a report that arrives twice changes nothing. */
public final class Report {
  /** Who reports. */
  public String executorId;
  /** Drawn once per plugin instance: another session of the same executor starts from zero. */
  public long session;
  /** Number of the report in its session, from 1. */
  public long sequence;
  /** How many tasks had ended before the sample was taken. */
  public long tasksEnded;
  /** Place of the first of {@link #metrics} in the list of the session. */
  public int metricsBase;
  /** Metrics that the driver may not know. */
  public List<Definition> metrics;
  /** Place of the first of {@link #series} in the list of the session. */
  public int seriesBase;
  /** Series that the driver may not know. */
  public List<SeriesKey> series;
  /** Places, in the list of the session, of the series that have values here. */
  public int[] valueSeries;
  /** Their cells. */
  public double[][] values;
  /** Place of the first of {@link #readingNames} in the list of the session. */
  public int readingsBase;
  /** Names of readings that the driver may not know. */
  public List<String> readingNames;
  /** Places, in the list of the session, of the readings that have values here. */
  public int[] readings;
  /** Their values; NaN for a reading that is gone. */
  public double[] readingValues;
  /** What the plugin says about itself. */
  public Stats stats;
  /** What is known there of what came from outside; null if nothing can come. */
  public ControlReport control;

  Report() {}

  /** A series by the place of its metric in the list of the session. */
  public static final class SeriesKey {
    public final int metric;
    public final List<String> labelValues;

    SeriesKey(int metric, List<String> labelValues) {
      this.metric = metric;
      this.labelValues = labelValues;
    }
  }
}
