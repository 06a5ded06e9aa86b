package io.sparkexporter.driver;

import java.util.function.DoubleSupplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import scala.Option;

/** What identifies the application. */
public final class Application {
  final String id;
  final String name;
  final String attemptId;
  final String sparkVersion;
  final String user;
  final double startTime;
  /** Changes when somebody changes it. */
  final DoubleSupplier reportInterval;
  /** Whether the driver is the only executor. */
  final boolean isLocal;
  /** Whether it begins without executors, and asks for them when there is work. */
  final boolean beginsEmpty;

  /** Describes an application; the times are in seconds, the attempt may be null. */
  public Application(
      String id,
      String name,
      String attemptId,
      String sparkVersion,
      String user,
      double startTime,
      DoubleSupplier reportInterval,
      boolean isLocal,
      boolean beginsEmpty) {
    this.id = id;
    this.name = name;
    this.attemptId = attemptId;
    this.sparkVersion = sparkVersion;
    this.user = user;
    this.startTime = startTime;
    this.reportInterval = reportInterval;
    this.isLocal = isLocal;
    this.beginsEmpty = beginsEmpty;
  }

  static Application of(SparkContext context, String id, DoubleSupplier reportInterval) {
    Option<String> attempt = context.applicationAttemptId();
    return new Application(
        id,
        context.appName(),
        attempt.isDefined() ? attempt.get() : null,
        context.version(),
        context.sparkUser(),
        context.startTime() / 1e3,
        reportInterval,
        context.isLocal(),
        beginsEmpty(context.getConf()));
  }

  /** By the rule of Spark's dynamic allocation for the number of executors to begin with. */
  private static boolean beginsEmpty(SparkConf conf) {
    if (!conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      return false;
    }
    int least = conf.getInt("spark.dynamicAllocation.minExecutors", 0);
    int first = conf.getInt("spark.dynamicAllocation.initialExecutors", least);
    return least <= 0 && first <= 0 && conf.getInt("spark.executor.instances", 0) <= 0;
  }
}
