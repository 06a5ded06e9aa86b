package io.sparkexporter.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.execution.SparkPlanInfo;
import org.apache.spark.sql.execution.metric.SQLMetricInfo;
import org.apache.spark.sql.execution.ui.SparkListenerDriverAccumUpdates;
import org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate;
import org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd;
import org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart;
import scala.Option;
import scala.Tuple2;

/** Takes in what SQL executions do. Needs Spark SQL. */
final class SqlEvents {
  private final SqlExecutions executions;
  private final ScalaLists children = new ScalaLists(SparkPlanInfo.class, "children");
  private final ScalaLists metrics = new ScalaLists(SparkPlanInfo.class, "metrics");
  private final ScalaLists updates = new ScalaLists(SparkListenerDriverAccumUpdates.class, "accumUpdates");

  SqlEvents(SqlExecutions executions) {
    this.executions = executions;
  }

  void on(SparkListenerEvent event) {
    if (event instanceof SparkListenerSQLExecutionStart) {
      SparkListenerSQLExecutionStart start = (SparkListenerSQLExecutionStart) event;
      executions.started(start.executionId(), start.time(), plan(start.sparkPlanInfo()));
    } else if (event instanceof SparkListenerSQLAdaptiveExecutionUpdate) {
      SparkListenerSQLAdaptiveExecutionUpdate update = (SparkListenerSQLAdaptiveExecutionUpdate) event;
      executions.replanned(update.executionId(), plan(update.sparkPlanInfo()));
    } else if (event instanceof SparkListenerDriverAccumUpdates) {
      long id = ((SparkListenerDriverAccumUpdates) event).executionId();
      for (Tuple2<?, ?> update : updates.of(event, Tuple2.class)) {
        executions.measured(id, ((Number) update._1()).longValue(), ((Number) update._2()).longValue());
      }
    } else if (event instanceof SparkListenerSQLExecutionEnd) {
      SparkListenerSQLExecutionEnd end = (SparkListenerSQLExecutionEnd) event;
      Option<String> error = end.errorMessage();
      // An execution that succeeded has an empty one.
      executions.ended(end.executionId(), end.time(), error.isDefined() && !error.get().isEmpty());
    }
  }

  private SqlPlan plan(SparkPlanInfo root) {
    return visitor -> walk(root, visitor);
  }

  /** Without recursion: nobody limits how deep a plan is. */
  private void walk(SparkPlanInfo root, SqlPlan.Visitor visitor) {
    Deque<SparkPlanInfo> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      SparkPlanInfo node = open.pop();
      for (SQLMetricInfo metric : metrics.of(node, SQLMetricInfo.class)) {
        visitor.accept(node.nodeName(), metric.name(), metric.accumulatorId(), SqlMetricType.of(metric.metricType()));
      }
      List<SparkPlanInfo> below = children.of(node, SparkPlanInfo.class);
      for (int i = below.size() - 1; i >= 0; i--) {
        open.push(below.get(i));
      }
    }
  }
}
