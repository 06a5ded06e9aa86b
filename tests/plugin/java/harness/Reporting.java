package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.control.JvmControl;
import io.sparkexporter.driver.DriverSide;
import io.sparkexporter.driver.GuardedListener;
import io.sparkexporter.event.EventQueue;
import io.sparkexporter.executor.ExecutorSide;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.model.Drops;
import io.sparkexporter.report.Reporter;
import io.sparkexporter.sample.Sampler;
import io.sparkexporter.sample.SeriesTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;

/** Reporters whose driver answers, fails, is silent or hangs; and plugins that Spark gives nothing. */
final class Reporting {
  private static final Harness.Objects<Reporting> ALL = new Harness.Objects<>();

  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger samples = new AtomicInteger();
  private final Reporter reporter;
  private final LiveCopy copy = new LiveCopy(null, (sentence, cause) -> warnings.add(sentence));
  private final JvmControl control = new JvmControl(copy);

  private Reporting(JsonNode arguments) {
    SeriesTable table = new SeriesTable(10, new Drops());
    Sampler sampler =
        new Sampler(
            table,
            Collections.emptyList(),
            new Drops(),
            samples::incrementAndGet,
            Sampling.none(),
            (sentence, cause) -> warnings.add(sentence));
    reporter =
        new Reporter(
            "1",
            table,
            sampler,
            channel(arguments),
            arguments.get("interval").asLong(),
            (sentence, cause) -> warnings.add(sentence + ": " + cause.getMessage()));
    control.connect(new EventQueue(new FakeHandler(), control), reporter::nudge);
    reporter.steerBy(control);
    reporter.start();
  }

  private Reporter.Channel channel(JsonNode arguments) {
    switch (arguments.get("driver").asText()) {
      case "answers":
        Applications application = Applications.ALL.get(arguments.get("store"));
        return counted(application.store::receive);
      case "fails":
        return counted(
            report -> {
              throw new IllegalStateException("no such endpoint");
            });
      case "silent":
        return counted(report -> null);
      default:
        return counted(
            report -> {
              new CountDownLatch(1).await();
              return null;
            });
    }
  }

  private Reporter.Channel counted(Reporter.Channel channel) {
    return report -> {
      asked.incrementAndGet();
      return channel.ask(report);
    };
  }

  static void addTo(Map<String, Harness.Command> commands) {
    commands.put("reporter_new", arguments -> ALL.add(new Reporting(arguments)));
    commands.put("reporter_state", arguments -> ALL.get(arguments.get("reporter")).state());
    commands.put("reporter_task_ended", arguments -> ALL.get(arguments.get("reporter")).taskEnded());
    commands.put("reporter_await_first", arguments -> ALL.get(arguments.get("reporter")).awaitFirst(arguments));
    commands.put("reporter_stop", arguments -> ALL.get(arguments.get("reporter")).stop(arguments));
    commands.put("listener_guards", arguments -> listenerGuards());
    commands.put("plugins_without_spark", Reporting::pluginsWithoutSpark);
  }

  private Object state() {
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("asked", asked.get());
    state.put("samples", samples.get());
    state.put("warnings", new ArrayList<>(warnings));
    return state;
  }

  private Object awaitFirst(JsonNode arguments) {
    control.awaitFirst(arguments.get("millis").asLong());
    return Steering.copy(copy, warnings);
  }

  private Object taskEnded() {
    reporter.taskEnded();
    return null;
  }

  private Object stop(JsonNode arguments) {
    reporter.stop(arguments.get("patience").asLong());
    return state();
  }

  /** A listener that fails, and one after it that hears of the same events; returns what that one heard. */
  private static Object listenerGuards() {
    List<String> heard = new ArrayList<>();
    SparkListener failing =
        new SparkListener() {
          @Override
          public void onOtherEvent(SparkListenerEvent event) {
            throw new NoSuchMethodError("a method of another version");
          }
        };
    SparkListener hearing =
        new SparkListener() {
          @Override
          public void onOtherEvent(SparkListenerEvent event) {
            heard.add("event");
          }
        };
    new GuardedListener((sentence, cause) -> heard.add(cause.toString()), failing, hearing)
        .onOtherEvent(new SparkListenerEvent() {});
    return heard;
  }

  /** Nothing that a plugin needs is there, so its start fails; all its methods must still return. */
  private static Object pluginsWithoutSpark(JsonNode arguments) {
    DriverSide driver = new DriverSide();
    Map<String, String> conf = driver.init(null, null);
    driver.registerMetrics("app", null);
    Object reply = driver.receive(new byte[] {1, 2, 3});
    driver.taskEnded();
    driver.shutdown();
    ExecutorSide executor = new ExecutorSide();
    executor.init(null, null);
    executor.onTaskStart();
    executor.onTaskSucceeded();
    executor.onTaskFailed(null);
    executor.shutdown();
    return conf.isEmpty() && reply == null && DriverSide.active() == null;
  }
}
