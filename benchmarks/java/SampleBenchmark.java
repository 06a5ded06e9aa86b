import com.codahale.metrics.MetricRegistry;
import io.sparkexporter.memory.MemoryRegistry;
import io.sparkexporter.memory.MemorySource;
import io.sparkexporter.model.Drops;
import io.sparkexporter.reading.ReadingSampler;
import io.sparkexporter.reading.ReadingTable;
import io.sparkexporter.report.Outbox;
import io.sparkexporter.report.Reply;
import io.sparkexporter.report.Stats;
import io.sparkexporter.sample.DropwizardBridge;
import io.sparkexporter.sample.Sampler;
import io.sparkexporter.sample.SegmentDirectory;
import io.sparkexporter.sample.SeriesTable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Collections;

/** Takes samples of a directory as the executor plugin does, and prints how long one takes at the median. */
public final class SampleBenchmark {
  private static final int WARM_UP = 300;
  private static final int SAMPLES = 300;

  private SampleBenchmark() {}

  /** Expects the directory; asks its parent by a line for each change of the values, and waits for one. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Paths.get(arguments[0]);
    Drops drops = new Drops();
    SeriesTable table = new SeriesTable(10_000, drops);
    SegmentDirectory segments = new SegmentDirectory(directory, drops, SampleBenchmark::fail);
    MemorySource memory = new MemorySource(MemoryRegistry.INSTANCE);
    DropwizardBridge bridge = new DropwizardBridge(new MetricRegistry(), table);
    Sampler sampler = new Sampler(table, Arrays.asList(memory, segments), drops, bridge, none(drops), SampleBenchmark::fail);
    Outbox outbox = new Outbox(table, sampler.readings().table(), "1", 1);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] sampled = new double[SAMPLES];
    double[] reported = new double[SAMPLES];
    for (int i = -WARM_UP; i < SAMPLES; i++) {
      System.out.println("change");
      System.in.read();
      long start = threads.getCurrentThreadCpuTime();
      sampler.sample(outbox.nextSequence());
      long middle = threads.getCurrentThreadCpuTime();
      outbox.next(0, Stats.NONE);
      int series = table.series().size();
      outbox.accept(new Reply(1, outbox.nextSequence() - 1, table.metrics().size(), series, 0, 0));
      if (i >= 0) {
        sampled[i] = (middle - start) / 1e6;
        reported[i] = (threads.getCurrentThreadCpuTime() - middle) / 1e6;
      }
    }
    System.out.println(table.series().size() + " " + median(sampled) + " " + median(reported));
  }

  /** Spark's own metrics and those of the system do not belong to what is measured here. */
  private static ReadingSampler none(Drops drops) {
    return new ReadingSampler(new ReadingTable(0, drops), Collections.emptyList(), SampleBenchmark::fail);
  }

  private static void fail(String sentence, Throwable cause) {
    throw new IllegalStateException(sentence, cause);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
