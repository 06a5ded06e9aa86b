package io.sparkexporter.dropwizard;

import com.codahale.metrics.MetricRegistry;
import io.sparkexporter.model.Drops;
import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.Readings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.metrics.source.JvmSource;
import org.apache.spark.metrics.source.Source;

/** Reads every metric that Spark knows in this JVM, but our own. */
public final class DropwizardSource implements ReadingSource {
  private static final String OURS = "plugin.io.sparkexporter.";
  private static final String JVM = "jvm";

  private final Supplier<List<Source>> sources;
  private final Drops drops;
  private final Consumer<String> warnings;
  private final Patience patience;
  private final Map<Source, WatchedRegistry> watched = new IdentityHashMap<>();
  private Source jvm;

  /**
   * Reads the registries of these sources, each time of those that there are then.
   *
   * @param warnings gets a sentence when a source is left out
   */
  public DropwizardSource(Supplier<List<Source>> sources, Drops drops, Consumer<String> warnings) {
    this.sources = sources;
    this.drops = drops;
    this.warnings = warnings;
    this.patience = new Patience(warnings);
  }

  @Override
  public void read(Readings into) {
    List<WatchedRegistry> present = present();
    patience.read(present);
    for (WatchedRegistry one : present) {
      one.latest().copyTo(into);
    }
  }

  private List<WatchedRegistry> present() {
    Set<Source> now = Collections.newSetFromMap(new IdentityHashMap<>());
    List<WatchedRegistry> present = new ArrayList<>();
    boolean hasJvm = false;
    for (Source source : sources.get()) {
      String name = nameOf(source);
      hasJvm |= name.equals(JVM);
      if (!name.startsWith(OURS)) {
        now.add(source);
        present.add(watched(source, name));
      }
    }
    if (!hasJvm) {
      if (jvm == null) {
        // What Spark would register if it were configured to, so the names and the numbers are the same.
        jvm = new JvmSource();
      }
      now.add(jvm);
      present.add(watched(jvm, JVM));
    }
    watched.keySet().retainAll(now);
    return present;
  }

  private static String nameOf(Source source) {
    try {
      return String.valueOf(source.sourceName());
    } catch (RuntimeException failure) {
      return source.getClass().getName();
    }
  }

  private WatchedRegistry watched(Source source, String name) {
    MetricRegistry registry = source.metricRegistry();
    WatchedRegistry known = watched.get(source);
    if (known == null || known.reader().registry() != registry) {
      known = new WatchedRegistry(name, new RegistryReader(name + ".", registry, drops), drops, warnings);
      watched.put(source, known);
    }
    return known;
  }
}
