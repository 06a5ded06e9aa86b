package io.sparkexporter.jvm;

import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.container.CgroupSource;
import io.sparkexporter.container.NetworkSource;
import io.sparkexporter.dropwizard.DropwizardSource;
import io.sparkexporter.dropwizard.SparkSources;
import io.sparkexporter.model.Drops;
import io.sparkexporter.process.ProcessSource;
import io.sparkexporter.reading.PacedSource;
import io.sparkexporter.reading.ReadingSampler;
import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.ReadingTable;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** Puts together everything that is read about this JVM. */
final class ReadingsOfThisJvm {
  /** Tasks that end make samples more frequent, but not those of what takes many files to read. */
  private static final long FILES_MILLIS = 1000;
  private static final long PROCESSES_MILLIS = 2000;
  /** PySpark sets it in the JVM that it starts, and spark-submit does not. */
  private static final String STARTED_BY_PYTHON = "_PYSPARK_DRIVER_CONN_INFO_PATH";

  private ReadingsOfThisJvm() {}

  static ReadingSampler make(Settings settings, Drops drops, Warnings warnings) {
    List<ReadingSource> sources = new ArrayList<>();
    int most = settings.integer(Setting.MAX_READINGS);
    if (most > 0) {
      Path root = Paths.get("/");
      sources.add(new DropwizardSource(new SparkSources(warnings), drops, warnings));
      sources.add(new PacedSource(new JvmReadings(), FILES_MILLIS));
      sources.add(new PacedSource(new CgroupSource(root), FILES_MILLIS));
      sources.add(new PacedSource(new NetworkSource(root), FILES_MILLIS));
      if (settings.flag(Setting.PROCESSES)) {
        boolean startedByPython = System.getenv(STARTED_BY_PYTHON) != null;
        sources.add(new PacedSource(new ProcessSource(root, startedByPython), PROCESSES_MILLIS));
      }
    }
    return new ReadingSampler(new ReadingTable(most, drops), sources, warnings);
  }
}
