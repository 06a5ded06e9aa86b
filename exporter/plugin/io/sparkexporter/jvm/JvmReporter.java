package io.sparkexporter.jvm;

import com.codahale.metrics.MetricRegistry;
import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.memory.MemoryRegistry;
import io.sparkexporter.memory.MemorySource;
import io.sparkexporter.model.Drops;
import io.sparkexporter.reading.ReadingSampler;
import io.sparkexporter.report.Reporter;
import io.sparkexporter.sample.DropwizardBridge;
import io.sparkexporter.sample.Sampler;
import io.sparkexporter.sample.SegmentDirectory;
import io.sparkexporter.sample.SeriesTable;
import io.sparkexporter.sample.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Puts together what samples and reports one JVM, be it an executor's or the driver's. */
public final class JvmReporter {
  private JvmReporter() {}

  /**
   * Makes a reporter without starting it, and registers the sentinel metric.
   *
   * @param directory where the Python processes leave their segments; null if there is no such place
   */
  public static Reporter make(
      String executorId,
      Settings settings,
      MetricRegistry registry,
      Path directory,
      Drops drops,
      Reporter.Channel channel,
      Warnings warnings) {
    SeriesTable table = new SeriesTable(settings.integer(Setting.MAX_SERIES), drops);
    List<Source> sources = new ArrayList<>();
    sources.add(new MemorySource(MemoryRegistry.INSTANCE));
    if (directory != null) {
      sources.add(new SegmentDirectory(directory, drops, warnings));
    }
    DropwizardBridge bridge = new DropwizardBridge(registry, table);
    ReadingSampler readings = ReadingsOfThisJvm.make(settings, drops, warnings);
    Sampler sampler = new Sampler(table, sources, drops, bridge, readings, warnings);
    return new Reporter(executorId, table, sampler, channel, settings.millis(Setting.INTERVAL), warnings);
  }
}
