package harness;

import org.apache.spark.sql.connector.metric.CustomAvgMetric;
import org.apache.spark.sql.connector.metric.CustomSumMetric;

/** Metrics as data sources define them. */
final class Measures {
  private Measures() {}

  /** One that adds up. */
  static final class Sum extends CustomSumMetric {
    @Override
    public String name() {
      return "sum";
    }

    @Override
    public String description() {
      return "what adds up";
    }
  }

  /** One that does not. */
  static final class Average extends CustomAvgMetric {
    @Override
    public String name() {
      return "average";
    }

    @Override
    public String description() {
      return "what does not add up";
    }
  }
}
