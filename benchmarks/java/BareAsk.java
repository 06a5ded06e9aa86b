import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * The peer of messages: {@code PluginContext.ask} as Spark gives it, with a driver that returns what it gets.
 *
 * <p>Each executor asks as often as the tasks of the benchmark do, once there is a file {@code bare-go} in the directory
 * {@code spark.benchmark.directory}, and leaves its times in a file {@code bare-ID}.
 */
public final class BareAsk implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext context, PluginContext plugin) {
        return Collections.emptyMap();
      }

      @Override
      public Object receive(Object message) {
        return message;
      }
    };
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext plugin, Map<String, String> extraConf) {
        Thread thread = new Thread(() -> measure(plugin), "bare-ask");
        thread.setDaemon(true);
        thread.start();
      }
    };
  }

  private static void measure(PluginContext plugin) {
    try {
      Path directory = Paths.get(plugin.conf().get("spark.benchmark.directory"));
      int threads = plugin.conf().getInt("spark.benchmark.threads", 0);
      int asks = plugin.conf().getInt("spark.benchmark.asks", 0);
      long gap = plugin.conf().getLong("spark.benchmark.gap", 0);
      while (!Files.exists(directory.resolve("bare-go"))) {
        LockSupport.parkNanos(10_000_000);
      }
      List<String> times = Collections.synchronizedList(new ArrayList<>());
      List<Thread> running = new ArrayList<>();
      for (int number = 0; number < threads; number++) {
        long offset = gap * number / threads;
        Thread thread = new Thread(() -> ask(plugin, asks, gap, offset, times));
        thread.start();
        running.add(thread);
      }
      for (Thread thread : running) {
        thread.join();
      }
      Path written = Files.write(directory.resolve("writing-" + plugin.executorID()), times);
      Files.move(written, directory.resolve("bare-" + plugin.executorID()));
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Asks on time, or as soon as it can; the clock runs from when it was due. */
  private static void ask(PluginContext plugin, int asks, long gap, long offset, List<String> times) {
    long start = System.nanoTime() + offset;
    byte[] payload = "{\"shard\":3}".getBytes();
    for (int number = 0; number < asks; number++) {
      long due = start + number * gap;
      while (due > System.nanoTime()) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      try {
        plugin.ask(payload);
        times.add(Double.toString((System.nanoTime() - due) / 1e9));
      } catch (Exception failure) {
        times.add("NaN");
      }
    }
  }
}
