package io.sparkexporter.executor;

import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.control.JvmControl;
import io.sparkexporter.driver.DriverSide;
import io.sparkexporter.event.EventQueue;
import io.sparkexporter.jvm.JvmReporter;
import io.sparkexporter.jvm.LocalDirectory;
import io.sparkexporter.jvm.LocalServices;
import io.sparkexporter.jvm.Warnings;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.model.Drops;
import io.sparkexporter.report.Reporter;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;

/** The plugin in an executor. Whatever happens in it, the executor goes on. */
public final class ExecutorSide implements ExecutorPlugin {
  private static final long STOP_MILLIS = 500;
  private static final long MESSAGES_MILLIS = 300;
  private static final long FIRST_MILLIS = 1000;

  private final Warnings warnings = new Warnings();
  private volatile Reporter reporter;
  private volatile DriverSide sameJvm;
  private volatile LiveCopy live;
  private volatile EventQueue events;
  private volatile LocalServices services;

  @Override
  public void init(PluginContext context, Map<String, String> extraConf) {
    try {
      start(context, extraConf);
    } catch (Throwable failure) {
      // Spark would end the executor, start another one, and so on for ever.
      if (services != null) {
        services.stop(0);
      }
      if (live != null) {
        // Nobody will be heard, so nobody is to wait for that.
        live.heard();
        live.close();
      }
      warnings.accept("the plugin could not start in this executor and does nothing", failure);
    }
  }

  private void start(PluginContext context, Map<String, String> extraConf) {
    Settings settings = Settings.readInExecutor(context.conf());
    if (!settings.flag(Setting.ENABLED)) {
      return;
    }
    if (DriverSide.ID.equals(context.executorID())) {
      // Local mode: the driver's plugin samples this JVM already.
      sameJvm = DriverSide.active();
      return;
    }
    Path directory = LocalDirectory.make(warnings);
    Reporter made =
        JvmReporter.make(
            context.executorID(),
            settings,
            context.metricRegistry(),
            directory,
            new Drops(),
            report -> (byte[]) context.ask(report),
            warnings);
    services = LocalServices.inExecutor(context.executorID(), settings, batch -> (byte[]) context.ask(batch), warnings);
    JvmControl control = "true".equals(extraConf.get(DriverSide.CONTROL)) ? steer(made, directory) : null;
    services.open(directory, control != null, null);
    made.start();
    reporter = made;
    if (control != null) {
      // The executor is not held up by a driver that is busy. Who reads the configuration before it was heard waits longer.
      control.awaitFirst(FIRST_MILLIS);
    }
  }

  private JvmControl steer(Reporter made, Path directory) {
    live = LiveCopy.in(directory, warnings);
    JvmControl control = new JvmControl(live);
    events = new EventQueue(services.events(null, made, live.file()), control);
    control.connect(events, made::nudge);
    made.steerBy(control);
    live.install();
    return control;
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
        services.stop(MESSAGES_MILLIS);
      }
      if (live != null) {
        events.close();
        live.close();
      }
    } catch (Throwable failure) {
      warnings.accept("the plugin could not stop in order", failure);
    }
  }
}
