package io.sparkexporter.sample;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import io.sparkexporter.model.Reason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One segment file: where its cells are, and the last good value of each. */
final class SegmentFile implements Closeable {
  private final FileChannel channel;
  private final Drops drops;
  private final List<Slot> slots = new ArrayList<>();
  private final List<Definition> definitions = new ArrayList<>();
  private final List<Metric> metrics = new ArrayList<>();
  private final double[] dropped = new double[Reason.IN_SEGMENT];
  private int parsed = SegmentBytes.HEADER;
  private boolean driver;
  private boolean damaged;

  SegmentFile(Path path, Drops drops) throws IOException {
    this.channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    this.drops = drops;
  }

  /** Whether the process that wrote it has ended. What is read afterwards is its last word. */
  boolean isWriterGone() throws IOException {
    // Shared, because it needs no right to write, and still waits for the writer's exclusive lock.
    FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
    if (lock == null) {
      return false;
    }
    lock.release();
    return true;
  }

  /** Whether the driver's own Python process wrote it. */
  boolean isDriver() {
    return driver;
  }

  /** Takes in new records and the present values. */
  void read(SegmentBytes bytes, SeriesTable table, boolean writerGone) throws IOException {
    if (channel.size() > SegmentBytes.MAX_SIZE) {
      damage();
      return;
    }
    bytes.read(channel, parsed);
    if (!bytes.isSegment()) {
      if (writerGone) {
        damage();
      }
      return;
    }
    driver = bytes.isDriver();
    readDropped(bytes);
    int end = (int) Math.min(bytes.end(), bytes.committed());
    boolean whole = readRecords(bytes.buffer(), end, table) && bytes.committed() <= bytes.end();
    if (writerGone && !whole || bytes.end() < parsed) {
      damage();
    }
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      if (slot.at + 8 * slot.cells.length <= bytes.end() && !slot.read(bytes.buffer())) {
        damage();
      }
    }
  }

  /** Returns false if it stopped at a record that is not valid. */
  private boolean readRecords(ByteBuffer buffer, int end, SeriesTable table) {
    while (parsed < end) {
      SegmentRecord record = SegmentRecord.parse(buffer, parsed, end);
      if (record == null || !enter(record, table)) {
        return false;
      }
      parsed += record.length;
    }
    return end >= parsed;
  }

  private boolean enter(SegmentRecord record, SeriesTable table) {
    if (record.definition != null) {
      if (record.metric != definitions.size()) {
        return false;
      }
      definitions.add(record.definition);
      metrics.add(table.define(record.definition));
      return true;
    }
    if (record.metric < 0 || record.metric >= definitions.size()) {
      return false;
    }
    Definition definition = definitions.get(record.metric);
    if (record.labelValues.size() != definition.labels().size() || record.cells != definition.processCells()) {
      return false;
    }
    Metric metric = metrics.get(record.metric);
    Series series = metric == null ? null : table.find(metric, record.labelValues);
    if (series != null) {
      slots.add(new Slot(series, parsed + SegmentRecord.HEAD));
    }
    return true;
  }

  private void readDropped(SegmentBytes bytes) {
    for (int i = 0; i < dropped.length; i++) {
      double count = bytes.dropped(Reason.values()[i]);
      if (count > dropped[i] && count < Double.POSITIVE_INFINITY) {
        dropped[i] = count;
      }
    }
  }

  private void damage() {
    if (!damaged) {
      damaged = true;
      drops.count(Reason.CORRUPT_SEGMENT);
    }
  }

  double dropped(int reason) {
    return dropped[reason];
  }

  void contribute() {
    for (int i = 0; i < slots.size(); i++) {
      slots.get(i).series.add(slots.get(i).cells, 0);
    }
  }

  /** Leaves its values in the series as those of a process that has ended. */
  void fold() {
    for (Slot slot : slots) {
      slot.series.addEnded(slot.cells, 0);
    }
  }

  /** Gives up everything but those gauges that count live processes only. */
  void keepLiveGauges() {
    slots.removeIf(slot -> !slot.countsWhileLive());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** One series of the file. */
  private static final class Slot {
    final Series series;
    final int at;
    final double[] cells;

    Slot(Series series, int at) {
      this.series = series;
      this.at = at;
      this.cells = new double[series.definition().processCells()];
      if (series.definition().kind() == Kind.GAUGE) {
        Arrays.fill(cells, Double.NaN);
      }
    }

    boolean countsWhileLive() {
      Mode mode = series.definition().mode();
      return mode == Mode.SUM || mode == Mode.MEAN;
    }

    /** Returns false if a cell was not believable; it keeps its last good value. */
    boolean read(ByteBuffer buffer) {
      boolean good = true;
      int counts = counts();
      for (int i = 0; i < cells.length; i++) {
        double value = buffer.getDouble(at + 8 * i);
        if (i < counts ? value >= cells[i] && value < Double.POSITIVE_INFINITY : Double.isFinite(value)) {
          cells[i] = value;
        } else {
          good &= Double.isNaN(value) && Double.isNaN(cells[i]);
        }
      }
      return good;
    }

    /** How many of the first cells can only grow. */
    private int counts() {
      switch (series.definition().kind()) {
        case COUNTER:
          return 1;
        case HISTOGRAM:
          return cells.length - 1;
        default:
          return 0;
      }
    }
  }
}
