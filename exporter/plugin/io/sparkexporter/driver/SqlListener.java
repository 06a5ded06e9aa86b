package io.sparkexporter.driver;

import java.util.Properties;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.TaskInfo;
import scala.Option;

/**
 * Hears of SQL executions and of the tasks that work for them.
 *
 * <p>Their events are classes of Spark SQL, which an application may not have: what knows them is loaded with the first.
 */
final class SqlListener extends SparkListener {
  private static final String EVENTS = "org.apache.spark.sql.execution.ui.SparkListener";
  /** The property of a job that says for which execution it runs. */
  private static final String EXECUTION = "spark.sql.execution.id";
  /** The mark of accumulators that are metrics of SQL. */
  private static final String SQL = "sql";

  private final SqlExecutions executions;
  private final ScalaLists stages = new ScalaLists(SparkListenerJobStart.class, "stageIds");
  private final ScalaLists accumulables = new ScalaLists(TaskInfo.class, "accumulables");
  private SqlEvents events;

  SqlListener(SqlExecutions executions) {
    this.executions = executions;
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    if (event.getClass().getName().startsWith(EVENTS)) {
      if (events == null) {
        events = new SqlEvents(executions);
      }
      events.on(event);
    }
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    Properties properties = event.properties();
    String execution = properties == null ? null : properties.getProperty(EXECUTION);
    if (execution != null) {
      executions.needs(Long.parseLong(execution), stages.of(event, Integer.class));
    }
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    executions.attempted(event.stageInfo().stageId(), event.stageInfo().attemptNumber());
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    TaskInfo task = event.taskInfo();
    if (task != null && task.successful()) {
      executions.succeeded(
          event.stageId(), event.stageAttemptId(), task.index(), updates -> tell(task, updates));
    }
  }

  private void tell(TaskInfo task, SqlExecutions.Updates updates) {
    for (AccumulableInfo one : accumulables.of(task, AccumulableInfo.class)) {
      Option<String> mark = one.metadata();
      Option<Object> update = one.update();
      if (mark.isDefined() && SQL.equals(mark.get()) && update.isDefined()) {
        Object value = update.get();
        updates.accept(one.id(), value instanceof Number ? ((Number) value).longValue() : Long.parseLong("" + value));
      }
    }
  }
}
