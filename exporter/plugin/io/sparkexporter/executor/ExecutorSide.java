package io.sparkexporter.executor;

import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.driver.DriverSide;
import io.sparkexporter.jvm.JvmReporter;
import io.sparkexporter.jvm.LocalDirectory;
import io.sparkexporter.jvm.Warnings;
import io.sparkexporter.model.Drops;
import io.sparkexporter.report.Reporter;
import java.util.Collections;
import java.util.Map;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;

/** The plugin in an executor. Whatever happens in it, the executor goes on. */
public final class ExecutorSide implements ExecutorPlugin {
  private static final long STOP_MILLIS = 500;

  private final Warnings warnings = new Warnings();
  private volatile Reporter reporter;
  private volatile DriverSide sameJvm;

  @Override
  public void init(PluginContext context, Map<String, String> extraConf) {
    try {
      start(context);
    } catch (Throwable failure) {
      // Spark would end the executor, start another one, and so on for ever.
      warnings.accept("the plugin could not start in this executor and does nothing", failure);
    }
  }

  private void start(PluginContext context) {
    // The driver has warned about bad settings already.
    Settings settings = Settings.read(context.conf(), Collections.emptyMap(), warning -> {});
    if (!settings.flag(Setting.ENABLED)) {
      return;
    }
    if (DriverSide.ID.equals(context.executorID())) {
      // Local mode: the driver's plugin samples this JVM already.
      sameJvm = DriverSide.active();
      return;
    }
    Reporter made =
        JvmReporter.make(
            context.executorID(),
            settings,
            context.metricRegistry(),
            LocalDirectory.make(warnings),
            new Drops(),
            report -> (byte[]) context.ask(report),
            warnings);
    made.start();
    reporter = made;
  }

  @Override
  public void onTaskSucceeded() {
    taskEnded();
  }

  @Override
  public void onTaskFailed(TaskFailedReason reason) {
    taskEnded();
  }

  private void taskEnded() {
    Reporter mine = reporter;
    DriverSide driver = sameJvm;
    if (mine != null) {
      mine.taskEnded();
    } else if (driver != null) {
      driver.taskEnded();
    }
  }

  @Override
  public void shutdown() {
    try {
      Reporter mine = reporter;
      if (mine != null) {
        mine.stop(STOP_MILLIS);
      }
    } catch (Throwable failure) {
      warnings.accept("the plugin could not stop in order", failure);
    }
  }
}
