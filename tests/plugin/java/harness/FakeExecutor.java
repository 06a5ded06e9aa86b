package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.LiveConfig;
import io.sparkexporter.control.JvmControl;
import io.sparkexporter.driver.ApplicationStore;
import io.sparkexporter.event.EventOutcome;
import io.sparkexporter.event.EventQueue;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Drops;
import io.sparkexporter.reading.ReadingSampler;
import io.sparkexporter.reading.ReadingTable;
import io.sparkexporter.reading.Readings;
import io.sparkexporter.report.Outbox;
import io.sparkexporter.report.Reply;
import io.sparkexporter.report.Stats;
import io.sparkexporter.sample.Metric;
import io.sparkexporter.sample.Sampler;
import io.sparkexporter.sample.Series;
import io.sparkexporter.sample.SeriesTable;
import io.sparkexporter.sample.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** An executor with one process whose cells the test sets, and a network with a will of its own. */
final class FakeExecutor implements Source {
  private final SeriesTable table = new SeriesTable(1_000_000, new Drops());
  private final Sampler sampler;
  private final Outbox outbox;
  private final Map<List<Object>, double[]> values = new LinkedHashMap<>();
  private final Map<String, Definition> definitions = new LinkedHashMap<>();
  private final Map<String, Double> readings = new LinkedHashMap<>();
  private final List<byte[]> delayed = new ArrayList<>();
  private final List<byte[]> kept = new ArrayList<>();
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  final FakeHandler handler = new FakeHandler();
  private JvmControl control;
  private LiveCopy live;
  private FutureTask<Object> reading;
  private long lastEnded;
  private long tasksEnded;

  FakeExecutor(JsonNode arguments) {
    ReadingTable table = new ReadingTable(1_000_000, new Drops());
    ReadingSampler sampled = new ReadingSampler(table, Collections.singletonList(this::read), this::fail);
    outbox = new Outbox(this.table, sampled.table(), arguments.get("id").asText(), arguments.get("session").asLong());
    sampler = new Sampler(this.table, Collections.singletonList(this), new Drops(), () -> {}, sampled, this::fail);
  }

  private void fail(String sentence, Throwable cause) {
    throw new IllegalStateException(sentence, cause);
  }

  /** Lets the executor take part in what comes from outside. */
  Object steer(JsonNode arguments) {
    Path directory = Steering.directory(arguments);
    BiConsumer<String, Throwable> warn = (sentence, cause) -> warnings.add(sentence + ": " + cause);
    live =
        arguments.hasNonNull("patience")
            ? new LiveCopy(null, arguments.get("patience").asLong(), warn)
            : LiveCopy.in(directory, warn);
    control = new JvmControl(live);
    control.connect(new EventQueue(handler, this::ended), () -> {});
    outbox.steerBy(control);
    return null;
  }

  private void ended(long sequence, EventOutcome outcome) {
    control.ended(sequence, outcome);
    synchronized (this) {
      lastEnded = Math.max(lastEnded, sequence);
      notifyAll();
    }
  }

  /** Waits until everything that has arrived was handled. */
  synchronized Object settle() throws InterruptedException {
    long received = control.next().received();
    while (lastEnded < received) {
      wait();
    }
    return received;
  }

  /** Lets a task read the configuration; returns, as soon as it either waits or is done, whether it waits. */
  Object beginToRead(JsonNode arguments) {
    live.install();
    reading = new FutureTask<>(() -> LiveConfig.get(arguments.get("key").asText(), "unset"));
    Thread task = new Thread(reading, arguments.get("thread").asText());
    task.start();
    while (task.isAlive() && task.getState() != Thread.State.TIMED_WAITING) {
      Thread.yield();
    }
    return task.isAlive();
  }

  /** Returns what the task has read. */
  Object endReading() throws Exception {
    return reading.get(60, TimeUnit.SECONDS);
  }

  Object close() {
    live.close();
    return null;
  }

  Object copy() {
    return Steering.copy(live, warnings);
  }

  Object set(JsonNode arguments) {
    Definition definition = Convert.definition(arguments.get("definition"));
    definitions.putIfAbsent(definition.name(), definition);
    List<Object> key = new ArrayList<>();
    key.add(definition.name());
    key.addAll(Convert.texts(arguments.get("labels")));
    values.put(key, Convert.numbers(arguments.get("cells")));
    tasksEnded += arguments.has("tasks_ended") ? arguments.get("tasks_ended").asLong() : 0;
    return null;
  }

  /** Sets readings; null takes one away. */
  Object setReadings(JsonNode arguments) {
    arguments
        .get("readings")
        .properties()
        .forEach(
            reading -> {
              if (reading.getValue().isNull()) {
                readings.remove(reading.getKey());
              } else {
                readings.put(reading.getKey(), Convert.number(reading.getValue()));
              }
            });
    return null;
  }

  private void read(Readings into) {
    readings.forEach(into::set);
  }

  @Override
  public void read(SeriesTable unused) {}

  @Override
  public void contribute() {
    values.forEach((key, cells) -> series(key).add(cells, 0));
  }

  private Series series(List<Object> key) {
    Metric metric = table.define(definitions.get(key.get(0)));
    List<String> labels = new ArrayList<>();
    key.subList(1, key.size()).forEach(label -> labels.add((String) label));
    return table.find(metric, labels);
  }

  /** Samples and reports; returns whether more is to be reported at once. */
  Object report(ApplicationStore store, String fate) throws Exception {
    if (fate.equals("late")) {
      for (byte[] message : delayed) {
        store.receive(message);
      }
      delayed.clear();
      return false;
    }
    if (fate.equals("reply_late")) {
      for (byte[] reply : kept) {
        outbox.accept(Reply.fromBytes(reply));
      }
      kept.clear();
      return false;
    }
    sampler.sample(outbox.nextSequence());
    byte[] message = outbox.next(tasksEnded, Stats.NONE);
    switch (fate) {
      case "lost":
        return false;
      case "delayed":
        delayed.add(message);
        return false;
      case "reply_lost":
        store.receive(message);
        return false;
      case "reply_kept":
        kept.add(store.receive(message));
        return false;
      case "reply_twice":
        byte[] reply = store.receive(message);
        outbox.accept(Reply.fromBytes(reply));
        return outbox.accept(Reply.fromBytes(reply));
      case "twice":
        store.receive(message);
        return outbox.accept(Reply.fromBytes(store.receive(message)));
      default:
        return outbox.accept(Reply.fromBytes(store.receive(message)));
    }
  }
}
