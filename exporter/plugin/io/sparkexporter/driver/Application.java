package io.sparkexporter.driver;

import org.apache.spark.SparkContext;
import scala.Option;

/** What identifies the application. Immutable. */
public final class Application {
  final String id;
  final String name;
  final String attemptId;
  final String sparkVersion;
  final String user;
  final double startTime;
  final double reportInterval;
  /** Whether the driver is the only executor. */
  final boolean isLocal;

  /** Describes an application; the times are in seconds, the attempt may be null. */
  public Application(
      String id,
      String name,
      String attemptId,
      String sparkVersion,
      String user,
      double startTime,
      double reportInterval,
      boolean isLocal) {
    this.id = id;
    this.name = name;
    this.attemptId = attemptId;
    this.sparkVersion = sparkVersion;
    this.user = user;
    this.startTime = startTime;
    this.reportInterval = reportInterval;
    this.isLocal = isLocal;
  }

  static Application of(SparkContext context, String id, double reportInterval) {
    Option<String> attempt = context.applicationAttemptId();
    return new Application(
        id,
        context.appName(),
        attempt.isDefined() ? attempt.get() : null,
        context.version(),
        context.sparkUser(),
        context.startTime() / 1e3,
        reportInterval,
        context.isLocal());
  }
}
