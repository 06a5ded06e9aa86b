package io.sparkexporter.jvm;

import io.sparkexporter.EventListener;
import io.sparkexporter.action.Actions;
import io.sparkexporter.action.JvmEventHandler;
import io.sparkexporter.conf.EventTypes;
import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.event.EventHandler;
import io.sparkexporter.hop.Claims;
import io.sparkexporter.hop.Hop;
import io.sparkexporter.hop.PythonDriver;
import io.sparkexporter.live.ControlFile;
import io.sparkexporter.live.Declarations;
import io.sparkexporter.message.Deadlines;
import io.sparkexporter.message.Instances;
import io.sparkexporter.message.Limits;
import io.sparkexporter.message.MessageCounts;
import io.sparkexporter.message.MessageService;
import io.sparkexporter.message.Pump;
import io.sparkexporter.report.Reporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.spark.SparkContext;

/** Messages, handlers of events and the connections of Python processes: what one JVM has of them. */
public final class LocalServices {
  private final String id;
  private final Settings settings;
  private final BiConsumer<String, Throwable> warnings;
  private final Deadlines deadlines = new Deadlines();
  private final PythonDriver driver;
  private final MessageService messages;
  private Claims claims;
  private Hop hop;

  private LocalServices(
      String id,
      Settings settings,
      Pump.Channel channel,
      BiConsumer<String, Throwable> warnings) {
    this.id = id;
    this.settings = settings;
    this.warnings = warnings;
    this.driver = channel == null ? new PythonDriver() : null;
    if (!settings.flag(Setting.MESSAGES)) {
      messages = null;
    } else if (channel == null) {
      messages = MessageService.inDriver(settings, deadlines, warnings);
      messages.dispatcher().setRemote(driver);
      driver.setTopicsOfJvm(messages.dispatcher()::handles);
    } else {
      messages = MessageService.inExecutor(id, settings, deadlines, channel);
    }
  }

  /** Makes those of the driver. */
  public static LocalServices inDriver(Settings settings, BiConsumer<String, Throwable> warnings) {
    return new LocalServices(MessageService.DRIVER, settings, null, warnings);
  }

  /** Makes those of an executor, which reaches the driver over this channel. */
  public static LocalServices inExecutor(
      String id, Settings settings, Pump.Channel channel, BiConsumer<String, Throwable> warnings) {
    return new LocalServices(id, settings, channel, warnings);
  }

  /**
   * Makes the handler of the events that come to this JVM. To be called once, before {@link #open}.
   *
   * @param context null in an executor
   * @param file where Python workers see that there are events; null if there is no such place
   */
  public EventHandler events(SparkContext context, Reporter reporter, ControlFile file) {
    boolean hasWorkers = context == null || context.isLocal();
    if (file != null && hasWorkers) {
      claims = new Claims(deadlines, file::setEvents, warnings);
    }
    List<EventListener> listeners = Instances.make(Setting.EVENT_LISTENERS, EventListener.class, settings, warnings);
    if (driver != null) {
      driver.setEventsOfJvm(type -> EventTypes.BUILT_IN.contains(type) || isHeard(listeners, type));
    }
    return new JvmEventHandler(new Actions(context, reporter, deadlines), listeners, driver, claims);
  }

  private static boolean isHeard(List<EventListener> listeners, String type) {
    try {
      return listeners.stream().anyMatch(listener -> type.equals(listener.type()));
    } catch (Throwable failure) {
      // Of a listener, which says so with each event.
      return false;
    }
  }

  /**
   * Lets Python processes reach what there is.
   *
   * @param directory where they look for the way; null if there is no such place
   * @param declarations null in an executor, and if control is off
   * @param isSteered whether control is on
   */
  public void open(Path directory, boolean isSteered, Declarations declarations) {
    if (directory != null && (messages != null || isSteered)) {
      Limits limits = new Limits(settings.integer(Setting.MAX_PAYLOAD));
      hop =
          new Hop.Builder(id, limits)
              .messages(messages)
              .claims(claims)
              .driver(driver)
              .declarations(declarations)
              .start(directory, warnings);
    }
  }

  /** What became of the messages; null if they are off. */
  public MessageCounts counts() {
    return messages == null ? null : messages.counts();
  }

  /** In the driver: takes messages of an executor, and returns what there is to say to it; null if messages are off. */
  public byte[] receive(byte[] batch) throws IOException {
    return messages == null ? null : messages.receive(batch);
  }

  /** Gives messages that are on their way so much time, and ends everything. */
  public void stop(long patienceMillis) {
    if (messages != null) {
      messages.stop(patienceMillis);
    }
    if (hop != null) {
      hop.stop();
    }
    deadlines.stop();
  }
}
