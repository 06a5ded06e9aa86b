package io.sparkexporter.sample;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import io.sparkexporter.reading.ReadingSampler;
import java.util.List;
import java.util.function.BiConsumer;

/** Takes one sample after the other of everything this JVM and its Python processes count. */
public final class Sampler {
  private final SeriesTable table;
  private final List<Source> sources;
  private final Drops drops;
  private final Runnable publish;
  private final ReadingSampler readings;
  private final BiConsumer<String, Throwable> warnings;
  private long samples;
  private long failures;
  private long nanos;

  /**
   * Samples the sources into the table.
   *
   * @param publish runs after each sample, on the same thread
   * @param readings what else can be read about this JVM
   * @param warnings gets a sentence when a source fails
   */
  public Sampler(
      SeriesTable table,
      List<Source> sources,
      Drops drops,
      Runnable publish,
      ReadingSampler readings,
      BiConsumer<String, Throwable> warnings) {
    this.table = table;
    this.sources = sources;
    this.drops = drops;
    this.publish = publish;
    this.readings = readings;
    this.warnings = warnings;
  }

  /**
   * Takes a sample. A source that fails leaves the others alone; nothing is thrown.
   *
   * @param nextReport number of the report that will carry what has changed
   */
  public void sample(long nextReport) {
    long start = System.nanoTime();
    table.start(nextReport);
    for (Source source : sources) {
      guarded(() -> source.read(table));
    }
    table.begin();
    for (Source source : sources) {
      guarded(source::contribute);
    }
    table.settle();
    guarded(publish);
    samples++;
    nanos += System.nanoTime() - start;
    readings.sample(nextReport);
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (Throwable failure) {
      // Even an Error: if it left this thread, Spark's handler would end the executor.
      failures++;
      warnings.accept("a sample failed in part; the counts go on", failure);
    }
  }

  public long samples() {
    return samples;
  }

  public ReadingSampler readings() {
    return readings;
  }

  public long failures() {
    return failures + readings.failures();
  }

  /** How long all samples together took, without the readings. */
  public double seconds() {
    return nanos / 1e9;
  }

  public int segments() {
    int count = 0;
    for (Source source : sources) {
      count += source.segments();
    }
    return count;
  }

  /** How much was dropped for this reason, here and in the processes. */
  public double dropped(Reason reason) {
    double sum = drops.get(reason);
    for (Source source : sources) {
      sum += source.dropped(reason);
    }
    return sum;
  }
}
