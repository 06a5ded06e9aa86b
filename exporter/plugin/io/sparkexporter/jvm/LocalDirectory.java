package io.sparkexporter.jvm;

import io.sparkexporter.sample.SegmentDirectory;
import java.io.File;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.apache.spark.SparkEnv;

/** Finds the place where the Python processes beside this JVM leave their segment files. */
public final class LocalDirectory {
  private static final String NAME = "spark-exporter";

  private LocalDirectory() {}

  /** Makes the directory in Spark's first local directory; returns null, with a warning, if that cannot be done. */
  public static Path make(BiConsumer<String, Throwable> warnings) {
    try {
      File[] parents = SparkEnv.get().blockManager().diskBlockManager().localDirs();
      return make(parents[0].toPath(), warnings);
    } catch (RuntimeException | LinkageError failure) {
      warnings.accept("no local directory of Spark found; metrics of Python processes are not collected", failure);
      return null;
    }
  }

  static Path make(Path parent, BiConsumer<String, Throwable> warnings) {
    Path directory = parent.resolve(NAME);
    try {
      SegmentDirectory.make(directory);
      return directory;
    } catch (java.io.IOException | RuntimeException failure) {
      warnings.accept("cannot make " + directory + "; metrics of Python processes are not collected", failure);
      return null;
    }
  }
}
