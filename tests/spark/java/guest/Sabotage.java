package guest;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/** Plugins that spoil what the exporter's plugin needs, on the executors. */
abstract class Sabotage implements SparkPlugin, ExecutorPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return this;
  }

  @Override
  public void init(PluginContext context, Map<String, String> extraConf) {
    try {
      spoil(SparkEnv.get().blockManager().diskBlockManager().localDirs()[0].toPath());
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  abstract void spoil(Path localDirectory) throws IOException;

  static void block(Path localDirectory) throws IOException {
    Path directory = localDirectory.resolve("spark-exporter");
    File[] segments = directory.toFile().listFiles();
    if (segments != null) {
      for (File segment : segments) {
        Files.delete(segment.toPath());
      }
    }
    Files.deleteIfExists(directory);
    Files.createFile(directory);
  }

  static void fill(Path localDirectory) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream filler = Files.newOutputStream(localDirectory.resolve("filler"))) {
      while (true) {
        filler.write(block);
      }
    } catch (IOException full) {
      if (localDirectory.toFile().getUsableSpace() >= block.length) {
        throw full;
      }
    }
  }
}
