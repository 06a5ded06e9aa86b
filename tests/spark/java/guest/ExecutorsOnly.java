package guest;

import io.sparkexporter.ExporterPlugin;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/** The exporter's plugin on the executors, and none on the driver. */
public final class ExecutorsOnly implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExporterPlugin().executorPlugin();
  }
}
