package io.sparkexporter.live;

import io.sparkexporter.json.Json;
import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/** The live configuration as one JVM and the Python processes beside it have it. Its version never goes back. Thread-safe. */
public final class LiveCopy {
  /** How long readers in this JVM wait for the driver to be heard, once. */
  private static final long FIRST_MILLIS = 10_000;

  private static final AtomicReference<LiveCopy> CURRENT = new AtomicReference<>();
  /** Threads of the plugin: that which asks the driver reads the user's gauges before. */
  private static final String OWN_THREADS = "spark-exporter-";

  private final ControlFile file;
  private final long firstMillis;
  private final BiConsumer<String, Throwable> warnings;
  private final CountDownLatch heard = new CountDownLatch(1);
  /** Of waiting for that, as {@link System#nanoTime}; 0 before somebody does. */
  private final AtomicLong deadline = new AtomicLong();
  private Map<String, String> entries = Collections.emptyMap();
  private volatile State state = new State(0, Collections.emptyMap());

  /** A version and what belongs to it. */
  private static final class State {
    final long version;
    final Map<String, Object> values;

    State(long version, Map<String, Object> values) {
      this.version = version;
      this.values = values;
    }
  }

  /**
   * Makes an empty copy.
   *
   * @param file where Python processes look; null if there is no such place
   * @param warnings gets a sentence when the Python processes cannot be told
   */
  public LiveCopy(ControlFile file, BiConsumer<String, Throwable> warnings) {
    this(file, FIRST_MILLIS, warnings);
  }

  /** Makes an empty copy of which the first readers wait at most so long until the driver has been heard. */
  public LiveCopy(ControlFile file, long firstMillis, BiConsumer<String, Throwable> warnings) {
    this.file = file;
    this.firstMillis = firstMillis;
    this.warnings = warnings;
  }

  /**
   * Makes an empty copy for this JVM and for the Python processes that look into a directory; {@link #heard} is to follow.
   *
   * @param directory null if there is no such place
   */
  public static LiveCopy in(Path directory, BiConsumer<String, Throwable> warnings) {
    LiveCopy copy = new LiveCopy(directory == null ? null : new ControlFile(directory), warnings);
    copy.makeFile();
    return copy;
  }

  /** Makes the file for the Python processes, if there is to be one and it could not be made before. */
  private boolean makeFile() {
    return canTell(ControlFile::open);
  }

  /** Notes that the driver has been heard, and that nothing is set but what was applied. To be repeated, for the files' sake. */
  public void heard() {
    canTell(ControlFile::heard);
    heard.countDown();
  }

  private boolean canTell(Telling telling) {
    try {
      if (file != null) {
        telling.by(file);
      }
      return true;
    } catch (IOException | RuntimeException failure) {
      warnings.accept("Python processes cannot be told of live configuration and events; trying again", failure);
      return false;
    }
  }

  /** Something that is to be in the file. */
  private interface Telling {
    void by(ControlFile file) throws IOException;
  }

  /** Waits until the driver has been heard, which is so but at the start of an executor, in this JVM at most once so long. */
  public void awaitHeard() {
    if (heard.getCount() == 0 || Thread.currentThread().getName().startsWith(OWN_THREADS)) {
      return;
    }
    long now = System.nanoTime();
    deadline.compareAndSet(0, now + TimeUnit.MILLISECONDS.toNanos(firstMillis));
    try {
      heard.await(deadline.get() - now, TimeUnit.NANOSECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Where Python processes look; null if there is no such place. */
  public ControlFile file() {
    return file;
  }

  /** The one of the application that runs in this JVM; null if there is none, or it cannot be steered. */
  public static LiveCopy current() {
    return CURRENT.get();
  }

  /** Makes this the current one. */
  public void install() {
    CURRENT.set(this);
  }

  /** Makes it the current one no longer. Its values and files stay. */
  public void close() {
    CURRENT.compareAndSet(this, null);
    heard.countDown();
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException failure) {
      warnings.accept("the control file could not be closed", failure);
    }
  }

  /** Version of the values; 0 as long as none was ever set. */
  public long version() {
    return state.version;
  }

  /** Returns the value of a key as {@link JsonReader} gives it; null if there is none. */
  public Object get(String key) {
    return state.values.get(key);
  }

  /** All values by key. Nobody can change the map. */
  public Map<String, Object> values() {
    return state.values;
  }

  /**
   * Takes in a change, unless what is here is as new.
   *
   * @param change from any version that was here once, or from nothing
   * @return whether the version has changed; if the Python processes cannot be told, nothing does
   */
  public synchronized boolean apply(LiveChange change) {
    if (change.version() <= state.version || !makeFile()) {
      return false;
    }
    try {
      Map<String, String> newer = change.isWhole() ? new LinkedHashMap<>() : new LinkedHashMap<>(entries);
      Map<String, Object> values = change.isWhole() ? new LinkedHashMap<>() : new LinkedHashMap<>(state.values);
      for (Map.Entry<String, String> entry : change.entries().entrySet()) {
        if (entry.getValue() == null) {
          newer.remove(entry.getKey());
          values.remove(entry.getKey());
        } else {
          newer.put(entry.getKey(), entry.getValue());
          values.put(entry.getKey(), JsonReader.read(entry.getValue()));
        }
      }
      if (file != null) {
        file.write(change.version(), json(change.version(), newer));
      }
      entries = newer;
      state = new State(change.version(), Collections.unmodifiableMap(values));
      heard.countDown();
      return true;
    } catch (IOException | JsonException | RuntimeException failure) {
      warnings.accept("the live configuration could not be passed on to Python processes; trying again", failure);
      return false;
    }
  }

  private static String json(long version, Map<String, String> entries) {
    StringBuilder out = new StringBuilder("{\"version\":").append(version);
    Json.key(out, "values").append('{');
    entries.forEach((key, json) -> Json.key(out, key).append(json));
    return out.append("}}").toString();
  }
}
