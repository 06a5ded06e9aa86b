package io.sparkexporter.driver;

import com.codahale.metrics.Gauge;
import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.control.DriverControl;
import io.sparkexporter.event.Members;
import io.sparkexporter.jvm.JvmReporter;
import io.sparkexporter.jvm.LocalDirectory;
import io.sparkexporter.jvm.LocalServices;
import io.sparkexporter.jvm.Warnings;
import io.sparkexporter.live.Declared;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.memory.MemoryRegistry;
import io.sparkexporter.message.MessageService;
import io.sparkexporter.model.Drops;
import io.sparkexporter.report.Reporter;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.PluginContext;

/** The plugin in the driver. Whatever happens in it, the application goes on. */
public final class DriverSide implements DriverPlugin {
  /** What Spark calls the driver among the executors. */
  public static final String ID = "driver";

  /** What the driver tells the executors when something may come from outside. */
  public static final String CONTROL = "control";

  /** Gauge that tells the daemon where this is served. */
  private static final String PORT = "exporter.port";

  private static final long EVENTS_MILLIS = 1000;
  private static final long OWED_MILLIS = 1000;
  private static final long SAMPLE_MILLIS = 500;
  private static final long DELIVERY_MILLIS = 1000;
  private static final AtomicReference<DriverSide> ACTIVE = new AtomicReference<>();

  private final Warnings warnings = new Warnings();
  private volatile Settings settings;
  private volatile ApplicationStore store;
  private volatile SparkContext sparkContext;
  private volatile Reporter reporter;
  private volatile HttpEndpoint endpoint;
  private volatile SnapshotWriter writer;
  private volatile ListenerQueue events;
  private volatile DriverControl control;
  private volatile LiveCopy live;
  private volatile LocalServices services;

  /** The one that is running in this JVM, or null. */
  public static DriverSide active() {
    return ACTIVE.get();
  }

  @Override
  public Map<String, String> init(SparkContext context, PluginContext pluginContext) {
    try {
      start(context, pluginContext);
      return control == null ? Collections.emptyMap() : Collections.singletonMap(CONTROL, "true");
    } catch (Throwable failure) {
      // Spark would end the application.
      store = null;
      if (endpoint != null) {
        endpoint.finish(0);
      }
      if (reporter != null) {
        reporter.stop(0);
      }
      if (services != null) {
        services.stop(0);
      }
      forgetLive();
      warnings.accept("the plugin could not start in the driver and does nothing", failure);
    }
    return Collections.emptyMap();
  }

  private void start(SparkContext context, PluginContext pluginContext) {
    SparkConf conf = pluginContext.conf();
    settings = Settings.read(conf, System.getenv(), warnings);
    // Whoever reads them takes them for the plugin's own words.
    conf.remove(Setting.ENDPOINT.key());
    conf.remove(Setting.DIRECTORY.key());
    if (!settings.flag(Setting.ENABLED)) {
      return;
    }
    Drops drops = new Drops();
    String boot = String.format("%016x", new SecureRandom().nextLong());
    ApplicationStore made = new ApplicationStore(boot, settings, drops, () -> System.currentTimeMillis() / 1e3);
    Path directory = LocalDirectory.make(warnings);
    Reporter own =
        JvmReporter.make(
            ID, settings, pluginContext.metricRegistry(), directory, drops, made::receive, warnings);
    if (directory != null) {
      conf.set(Setting.DIRECTORY.key(), directory.toString());
    }
    PythonEnding python = new PythonEnding(directory, warnings);
    made.outcome().askAtTheEnd(() -> howItEnded(python));
    String host = conf.get("spark.driver.host", "");
    made.executorAdded(ID, host, System.currentTimeMillis() / 1e3);
    events = new ListenerQueue(context, warnings);
    events.add(
        new GuardedListener(
            warnings,
            new TotalsListener(made.sums(), made.outcome(), made::somethingChanged),
            new ExecutorListener(made),
            new QueryListener(made),
            new SqlListener(made.sql())));
    sparkContext = context;
    services = LocalServices.inDriver(settings, warnings);
    boolean wanted = !settings.text(Setting.TOKEN).isEmpty();
    endpoint = settings.isTokenUnusable() ? null : listen(wanted);
    if (endpoint != null && wanted) {
      steer(made, directory, own);
    }
    services.open(directory, control != null, control == null ? null : control::declare);
    reporter = own;
    own.start();
    store = made;
    ACTIVE.set(this);
    if (endpoint != null) {
      serve(pluginContext);
    }
  }

  /** Returns whether the driver's program has failed; null if that is not known. */
  private static Boolean howItEnded(PythonEnding python) {
    Boolean failed = python.failed();
    return failed == null && SubmitExit.hasFailed() ? Boolean.TRUE : failed;
  }

  /** Returns null, after a warning, if nobody could come in. */
  private HttpEndpoint listen(boolean toBeSteered) {
    try {
      return HttpEndpoint.start(settings);
    } catch (IOException | RuntimeException | LinkageError failure) {
      String control = toBeSteered ? ", and control is off" : "";
      warnings.accept("nothing is served to the daemon" + control + "; the job and Spark's sinks go on", failure);
      return null;
    }
  }

  /** Without a token, or a place to listen, nobody could come in, so that there is nothing to be kept ready for him. */
  private void steer(ApplicationStore made, Path directory, Reporter own) {
    live = LiveCopy.in(directory, warnings);
    // The driver itself; in local mode its tasks, too.
    live.heard();
    SecureRandom random = new SecureRandom();
    control =
        new DriverControl(
            made.boot(),
            new Members(ID, sparkContext.isLocal()),
            live,
            services.events(sparkContext, own, live.file()),
            () -> String.format("%016x", random.nextLong()),
            () -> System.currentTimeMillis() / 1e3);
    control.onChange(made::somethingChanged);
    made.steerBy(control);
    live.install();
    Declared.inThisJvm().follow(control::declare, warnings);
  }

  private void serve(PluginContext pluginContext) {
    endpoint.serve(store, () -> writer, control);
    try {
      // Now, because Spark soon tells its own REST API what the configuration is.
      SparkConf conf = pluginContext.conf();
      conf.set(Setting.ENDPOINT.key(), endpoint.url(conf.get("spark.driver.host", "localhost")));
      // Spark's REST API takes seconds to answer for the first time; its metrics answer at once.
      int port = endpoint.port();
      pluginContext.metricRegistry().register(PORT, (Gauge<Integer>) () -> port);
    } catch (RuntimeException | LinkageError failure) {
      warnings.accept("the daemon may not find the address where this driver serves it", failure);
    }
  }

  @Override
  public void registerMetrics(String appId, PluginContext pluginContext) {
    if (store == null) {
      return;
    }
    try {
      // Only now does Spark know what the application is called.
      String version = DriverSide.class.getPackage().getImplementationVersion();
      Reporter own = reporter;
      Application application = Application.of(sparkContext, appId, () -> own.intervalMillis() / 1e3);
      writer = new SnapshotWriter(application, version == null ? "unknown" : version, services.counts());
    } catch (Throwable failure) {
      warnings.accept("the application could not be described; nothing is served to the daemon", failure);
    }
  }

  @Override
  public Object receive(Object message) {
    ApplicationStore open = store;
    if (open == null || !(message instanceof byte[])) {
      return null;
    }
    try {
      byte[] bytes = (byte[]) message;
      return MessageService.isBatch(bytes) ? services.receive(bytes) : open.receive(bytes);
    } catch (Throwable failure) {
      warnings.accept("what an executor sent could not be read", failure);
      return null;
    }
  }

  /** In local mode: notes that a task has ended in this JVM. */
  public void taskEnded() {
    Reporter own = reporter;
    if (own != null) {
      own.taskEnded();
    }
  }

  @Override
  public void shutdown() {
    if (store == null) {
      return;
    }
    ACTIVE.compareAndSet(this, null);
    try {
      events.drain(EVENTS_MILLIS);
      // Spark has told the executors to stop, but the way for their last reports is still open.
      store.awaitReports(OWED_MILLIS);
      reporter.stop(SAMPLE_MILLIS);
      if (control != null) {
        control.finish();
      }
      if (endpoint != null) {
        endpoint.finish(DELIVERY_MILLIS);
      }
      services.stop(0);
      forgetLive();
      MemoryRegistry.INSTANCE.restart();
    } catch (Throwable failure) {
      warnings.accept("the plugin could not stop in order", failure);
    }
  }

  private void forgetLive() {
    if (live != null) {
      Declared.inThisJvm().follow(null, warnings);
      live.close();
    }
  }
}
