package io.sparkexporter.driver;

/** The plan of an SQL execution. */
@FunctionalInterface
public interface SqlPlan {
  /** Calls the visitor with each metric of each operator, from the root on. */
  void each(Visitor visitor);

  /** Takes one metric. */
  interface Visitor {
    /**
     * Takes one metric of one operator.
     *
     * @param node Spark's name of the operator
     * @param metric Spark's name of the metric
     * @param accumulator id of what adds it up
     * @param type Spark's word for what it measures; null if only a data source knows
     */
    void accept(String node, String metric, long accumulator, String type);
  }
}
