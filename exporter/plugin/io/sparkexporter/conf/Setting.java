package io.sparkexporter.conf;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** Every {@code spark.exporter.*} key: the one home of its name, form, default and meaning. */
public enum Setting {
  ENABLED("enabled", ValueType.flag(), "true", "Whether the plugin does anything at all."),
  INTERVAL(
      "interval",
      ValueType.time("100ms", "60s"),
      "2s",
      "How often each JVM samples its metrics and each executor reports to the driver."),
  HOST(
      "host",
      ValueType.text("a host name or an IP address", "[A-Za-z0-9._:%-]{1,255}"),
      "127.0.0.1",
      "Address on which the driver serves the daemon. An address that is not loopback needs a token."),
  PORT(
      "port",
      ValueType.integer(0, 65535),
      "4061",
      "First port to try. If it is taken, the next 15 are tried, then any free one. 0 takes any free one."),
  TOKEN(
      "token",
      ValueType.text("8 to 1024 visible ASCII characters without a space", "[\\x21-\\x7e]{8,1024}"),
      "",
      "What a client must send as `Authorization: Bearer <token>`. Given by `--conf` or `.config(...)` it stands in the"
          + " command line of the driver, which every user of the machine can see in the list of processes: better give"
          + " `spark.exporter.tokenFile`, or the driver's environment variable `SPARK_EXPORTER_TOKEN`, which does the same"
          + " and stays out of the configuration. With an unusable token nothing is served."),
  TOKEN_FILE(
      "tokenFile",
      ValueType.text("an absolute path", "/[^\\p{Cntrl}]{0,4095}"),
      "",
      "File that the driver can read and that holds the token, which then stays out of the configuration."
          + " It is read once; white space around the token does not count."
          + " `spark.exporter.token` goes before it, and it before the environment variable."),
  EVENTS_ALLOW(
      "events.allow",
      ValueType.list("a comma-separated list of " + EventTypes.expected(), EventTypes.pattern()),
      "config,custom,log-level",
      "What may be done from outside, given the token: the built-in events by their types, `config` for changes of the"
          + " live configuration, `custom` for all other types of events. Of a list with a wrong word only the others count."),
  EVENT_LISTENERS(
      "eventListeners",
      ValueType.list("a comma-separated list of class names", "[\\w$.]{1,500}"),
      "",
      "Classes that implement `io.sparkexporter.EventListener`; each JVM makes one of each."),
  MESSAGES(
      "messages",
      ValueType.flag(),
      "true",
      "Whether user code may send messages from the executors to the driver. Each JVM opens a loopback port for its Python"
          + " processes when the first of them wants to talk."),
  MESSAGE_HANDLERS(
      "messageHandlers",
      ValueType.list("a comma-separated list of class names", "[\\w$.]{1,500}"),
      "",
      "Classes that implement `io.sparkexporter.MessageHandler`; the driver makes one of each."),
  MAX_PAYLOAD(
      "maxPayload",
      ValueType.size("1k", "64m"),
      "1m",
      "Longest payload of a message, and of the answer to one."),
  MAX_SERIES(
      "maxSeries",
      ValueType.integer(1, 1_000_000),
      "10000",
      "Most series of custom metrics in one JVM, its Python processes included. What exceeds it is dropped"
          + " and counted as `series_limit`."),
  MAX_READINGS(
      "maxReadings",
      ValueType.integer(0, 100_000),
      "2000",
      "Most readings of one JVM: Spark's own metrics, those of the JVM, its container and its processes. What exceeds"
          + " it is dropped and counted as `reading_limit`. With 0 nothing of that is read."),
  PROCESSES(
      "processes",
      ValueType.flag(),
      "true",
      "Whether each JVM reads from `/proc` what it and the processes that it has started use."),
  MAX_APPLICATION_SERIES(
      "maxApplicationSeries",
      ValueType.integer(1, 10_000_000),
      "100000",
      "Most different series that the driver keeps for the whole application."),
  RETAINED_EXECUTORS(
      "retainedExecutors",
      ValueType.integer(0, 100_000),
      "200",
      "How many removed executors stay visible. Their counts stay in the totals for ever."),
  RETAINED_EXECUTORS_TIME(
      "retainedExecutorsTime",
      ValueType.time("0s", "30d"),
      "1h",
      "How long a removed executor stays visible."),
  RETAINED_QUERIES(
      "retainedQueries",
      ValueType.integer(0, 10_000),
      "20",
      "How many runs of streaming queries that have ended are listed one by one. Their totals stay for ever."),
  MAX_WAITING(
      "maxWaiting",
      ValueType.integer(1, 256),
      "16",
      "Most requests that may wait for news at the same time. One more gets the answer 503."
          + " Half as many more may wait for the live configuration and for events."),
  ENDPOINT("endpoint", "URL at which the driver serves the daemon."),
  DIRECTORY("directory", "Directory in which the driver's Python process puts its segment files.");

  /** What all keys begin with. */
  public static final String PREFIX = "spark.exporter.";

  private final String name;
  private final ValueType type;
  private final String defaultText;
  private final String description;

  Setting(String name, ValueType type, String defaultText, String description) {
    this.name = name;
    this.type = type;
    this.defaultText = defaultText;
    this.description = description;
  }

  Setting(String name, String description) {
    this(name, null, "", description);
  }

  /** The whole key, such as {@code spark.exporter.interval}. */
  public String key() {
    return PREFIX + name;
  }

  /** Whether the plugin writes this key for others to read; a value given by the user is replaced. */
  public boolean isWritten() {
    return type == null;
  }

  String typeName() {
    return type.typeName();
  }

  String expected() {
    return type.expected();
  }

  String defaultText() {
    return defaultText;
  }

  String description() {
    return description;
  }

  /** Returns the words of a value that is a list. */
  static Set<String> words(String value) {
    return value.isEmpty()
        ? Collections.emptySet()
        : Collections.unmodifiableSet(new LinkedHashSet<>(Arrays.asList(value.split("\\s*,\\s*"))));
  }

  /** Returns the value, or null if the text does not have the expected form. */
  Object parse(String text) {
    return type.parse(text.trim());
  }

  Object defaultValue() {
    return defaultText.isEmpty() ? "" : type.parse(defaultText);
  }

  static Setting byKey(String key) {
    for (Setting setting : values()) {
      if (setting.key().equals(key)) {
        return setting;
      }
    }
    return null;
  }
}
