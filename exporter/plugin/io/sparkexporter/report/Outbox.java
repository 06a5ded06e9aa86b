package io.sparkexporter.report;

import io.sparkexporter.model.Definition;
import io.sparkexporter.reading.ReadingTable;
import io.sparkexporter.sample.Metric;
import io.sparkexporter.sample.Series;
import io.sparkexporter.sample.SeriesTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Knows what the driver has not acknowledged yet, and puts it into the next report. Used by one thread.
 *
 * <p>A lost report or reply costs nothing but time: whatever it carried is in the next one again.
 */
public final class Outbox {
  /** How much the definitions of one report may take; what exceeds it waits for the next. */
  private static final int MAX_DEFINITION_BYTES = 1 << 20;

  private final SeriesTable table;
  private final ReadingTable readings;
  private final String executorId;
  private final long session;
  private ControlExchange control;
  private long sequence;
  private long acknowledged;
  private int metricsKnown;
  private int seriesKnown;
  private int readingsKnown;

  /** Makes an outbox whose reader knows nothing yet. */
  public Outbox(SeriesTable table, ReadingTable readings, String executorId, long session) {
    this.table = table;
    this.readings = readings;
    this.executorId = executorId;
    this.session = session;
  }

  /** Lets this take part in all reports from now on. */
  public void steerBy(ControlExchange exchange) {
    control = exchange;
  }

  /** Number of the report that {@link #next} will make. */
  public long nextSequence() {
    return sequence + 1;
  }

  /** Returns a report of everything that is not acknowledged. */
  public byte[] next(long tasksEnded, Stats stats) throws IOException {
    Report report = new Report();
    report.executorId = executorId;
    report.session = session;
    report.sequence = ++sequence;
    report.tasksEnded = tasksEnded;
    report.stats = stats;
    int room = addMetrics(report, MAX_DEFINITION_BYTES);
    addSeries(report, room);
    addValues(report);
    addReadings(report);
    report.control = control == null ? null : control.next();
    return ReportWriter.write(report);
  }

  private int addMetrics(Report report, int room) {
    report.metricsBase = metricsKnown;
    report.metrics = new ArrayList<>();
    int left = room;
    List<Metric> metrics = table.metrics();
    for (int i = metricsKnown; i < metrics.size() && left > 0; i++) {
      Definition definition = metrics.get(i).definition();
      report.metrics.add(definition);
      left -= 100 + definition.name().length() + definition.help().length() + 8 * definition.boundCount();
      for (String label : definition.labels()) {
        left -= label.length();
      }
    }
    return left;
  }

  private void addSeries(Report report, int room) {
    report.seriesBase = seriesKnown;
    report.series = new ArrayList<>();
    int left = room;
    List<Series> series = table.series();
    int metrics = report.metricsBase + report.metrics.size();
    for (int i = seriesKnown; i < series.size() && left > 0; i++) {
      Series one = series.get(i);
      if (one.metric().index() >= metrics) {
        return;
      }
      report.series.add(new Report.SeriesKey(one.metric().index(), one.labelValues()));
      left -= 20;
      for (String value : one.labelValues()) {
        left -= 4 + value.length();
      }
    }
  }

  private void addValues(Report report) {
    int sent = report.seriesBase + report.series.size();
    int[] places = new int[sent];
    int count = 0;
    List<Series> series = table.series();
    for (int i = 0; i < sent; i++) {
      if (i >= seriesKnown || series.get(i).changedIn() > acknowledged) {
        places[count++] = i;
      }
    }
    report.valueSeries = Arrays.copyOf(places, count);
    report.values = new double[count][];
    for (int i = 0; i < count; i++) {
      report.values[i] = series.get(places[i]).cells();
    }
  }

  private void addReadings(Report report) {
    List<String> names = readings.names();
    report.readingsBase = readingsKnown;
    report.readingNames = names.subList(readingsKnown, names.size());
    int[] places = new int[names.size()];
    int count = 0;
    for (int i = 0; i < places.length; i++) {
      if (i >= readingsKnown || readings.changedIn(i) > acknowledged) {
        places[count++] = i;
      }
    }
    report.readings = Arrays.copyOf(places, count);
    report.readingValues = new double[count];
    for (int i = 0; i < count; i++) {
      report.readingValues[i] = readings.value(places[i]);
    }
  }

  /**
   * Takes in the driver's reply.
   *
   * @return whether the driver needs another report at once, because it lacks definitions or waits for a confirmation
   */
  public boolean accept(Reply reply) throws IOException {
    if (reply.session() != session) {
      throw new IOException("a reply to another session");
    }
    acknowledged = reply.acknowledged();
    metricsKnown = Math.min(reply.metricsKnown(), table.metrics().size());
    seriesKnown = Math.min(reply.seriesKnown(), table.series().size());
    readingsKnown = Math.min(reply.readingsKnown(), readings.names().size());
    boolean more = control != null && reply.control() != null && control.accept(reply.control());
    return more || metricsKnown < table.metrics().size() || seriesKnown < table.series().size();
  }
}
