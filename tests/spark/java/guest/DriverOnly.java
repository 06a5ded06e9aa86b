package guest;

import io.sparkexporter.ExporterPlugin;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/** The exporter's plugin on the driver, and none on the executors. */
public final class DriverOnly implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return new ExporterPlugin().driverPlugin();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return null;
  }
}
