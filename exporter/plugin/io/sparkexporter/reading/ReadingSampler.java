package io.sparkexporter.reading;

import java.util.List;
import java.util.function.BiConsumer;

/** Takes one sample after the other of everything that can be read about this JVM. */
public final class ReadingSampler {
  private final ReadingTable table;
  private final List<ReadingSource> sources;
  private final BiConsumer<String, Throwable> warnings;
  private long failures;
  private long nanos;

  /**
   * Samples the sources into the table.
   *
   * @param warnings gets a sentence when a source fails
   */
  public ReadingSampler(
      ReadingTable table, List<ReadingSource> sources, BiConsumer<String, Throwable> warnings) {
    this.table = table;
    this.sources = sources;
    this.warnings = warnings;
  }

  /**
   * Takes a sample. A source that fails leaves the others alone; nothing is thrown.
   *
   * @param nextReport number of the report that will carry what has changed
   */
  public void sample(long nextReport) {
    long start = System.nanoTime();
    table.begin();
    for (ReadingSource source : sources) {
      try {
        source.read(table);
      } catch (Throwable failure) {
        // Even an Error: if it left this thread, Spark's handler would end the executor.
        failures++;
        warnings.accept("readings are missing in part: " + source.getClass().getSimpleName(), failure);
      }
    }
    table.settle(nextReport);
    nanos += System.nanoTime() - start;
  }

  public ReadingTable table() {
    return table;
  }

  public long failures() {
    return failures;
  }

  /** How long all samples together took. */
  public double seconds() {
    return nanos / 1e9;
  }
}
