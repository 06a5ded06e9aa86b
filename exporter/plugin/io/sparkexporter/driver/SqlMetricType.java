package io.sparkexporter.driver;

import org.apache.spark.sql.connector.metric.CustomSumMetric;

/** Spark's words for what SQL metrics measure, also for those of data sources. Needs Spark SQL. */
public final class SqlMetricType {
  private static final String SUM = "sum";
  private static final String SIZE = "size";
  /** What Spark writes before the class of a metric that a data source has made up. */
  private static final String CUSTOM = "v2Custom_";
  /** Spark's own, of data sources in Python: all of them are sizes. */
  private static final String OF_PYTHON = "org.apache.spark.sql.execution.datasources.v2.python.PythonCustomMetric";

  private SqlMetricType() {}

  /** Returns Spark's word for what a metric of this type measures; null if only a data source knows. */
  public static String of(String type) {
    if (!type.startsWith(CUSTOM)) {
      return type;
    }
    String name = type.substring(CUSTOM.length());
    if (name.equals(OF_PYTHON)) {
      return SIZE;
    }
    return isSum(name) ? SUM : null;
  }

  private static boolean isSum(String name) {
    try {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      return CustomSumMetric.class.isAssignableFrom(Class.forName(name, false, loader));
    } catch (ReflectiveOperationException | LinkageError hidden) {
      return false;
    }
  }
}
