package guest;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/** Registers, in every JVM, all the things that a gauge should not be, beside two that are fine. */
public final class BadGauges implements SparkPlugin {
  private static final int LONG = 300;

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext context, PluginContext pluginContext) {
        register(pluginContext.metricRegistry());
        return Collections.emptyMap();
      }
    };
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extraConf) {
        register(context.metricRegistry());
      }
    };
  }

  private static void register(MetricRegistry registry) {
    registry.register("good", (Gauge<Integer>) () -> 42);
    registry.register("nothing", (Gauge<Integer>) () -> null);
    registry.register("nan", (Gauge<Double>) () -> Double.NaN);
    registry.register("infinite", (Gauge<Double>) () -> Double.POSITIVE_INFINITY);
    registry.register("text", (Gauge<String>) () -> "some \"text\"\n");
    registry.register("list", (Gauge<Object>) () -> Arrays.asList(1, 2));
    registry.register("bool", (Gauge<Boolean>) () -> true);
    registry.register("twin.name", (Gauge<Integer>) () -> 1);
    registry.register("twin_name", (Gauge<Integer>) () -> 2);
    registry.register("signs \"\\\n\t\u0000\u202e", (Gauge<Integer>) () -> 3);
    registry.register(new String(new char[LONG]).replace('\0', 'x'), (Gauge<Integer>) () -> 4);
    Counter falling = registry.counter("falling");
    falling.dec(7);
    registry.register(
        "throwing",
        (Gauge<Integer>)
            () -> {
              throw new IllegalStateException("this gauge throws");
            });
  }
}
