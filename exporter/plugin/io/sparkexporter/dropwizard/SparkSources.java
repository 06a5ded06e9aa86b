package io.sparkexporter.dropwizard;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.MetricsSystem;
import org.apache.spark.metrics.source.Source;
import scala.collection.Iterator;

/** Finds the metric sources of Spark in this JVM. Spark has no public way to all of them. */
public final class SparkSources implements Supplier<List<Source>> {
  private static final String[] STANDARD = {
    "executor", "ExecutorMetrics", "JVMCPU", "NettyBlockTransfer", "CodeGenerator", "HiveExternalCatalog", "jvm",
    "BlockManager", "DAGScheduler", "LiveListenerBus", "appStatus", "ExecutorAllocationManager",
    "DoubleAccumulatorSource", "LongAccumulatorSource",
  };

  private final BiConsumer<String, Throwable> warnings;
  private boolean onlyStandard;

  /** Finds sources. */
  public SparkSources(BiConsumer<String, Throwable> warnings) {
    this.warnings = warnings;
  }

  /** Returns the sources that are registered now; none before Spark has started and after it has stopped. */
  @Override
  public List<Source> get() {
    SparkEnv env = SparkEnv.get();
    MetricsSystem system = env == null ? null : env.metricsSystem();
    if (system == null) {
      return new ArrayList<>();
    }
    if (!onlyStandard) {
      try {
        return all(system);
      } catch (ReflectiveOperationException | RuntimeException | LinkageError changed) {
        onlyStandard = true;
        warnings.accept("only the standard metric sources of Spark are read", changed);
      }
    }
    return standard(system);
  }

  private static List<Source> all(MetricsSystem system) throws ReflectiveOperationException {
    Field field = MetricsSystem.class.getDeclaredField("sources");
    field.setAccessible(true);
    Object sources = field.get(system);
    // Spark holds this lock, too, when it changes the list.
    synchronized (sources) {
      return listOf(sources);
    }
  }

  private static List<Source> standard(MetricsSystem system) {
    List<Source> found = new ArrayList<>();
    try {
      // Called by reflection: its descriptor is not the same in Scala 2.12 and 2.13.
      Method byName = MetricsSystem.class.getMethod("getSourcesByName", String.class);
      for (String name : STANDARD) {
        found.addAll(listOf(byName.invoke(system, name)));
      }
    } catch (ReflectiveOperationException changed) {
      throw new IllegalStateException("Spark's metric sources cannot be reached", changed);
    }
    return found;
  }

  private static List<Source> listOf(Object sources) {
    List<Source> list = new ArrayList<>();
    Iterator<?> iterator = ((scala.collection.Iterable<?>) sources).iterator();
    while (iterator.hasNext()) {
      list.add((Source) iterator.next());
    }
    return list;
  }
}
