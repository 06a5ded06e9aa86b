package io.sparkexporter.driver;

import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * Hears the events of streaming queries of all sessions, and those of their jobs and tasks.
 *
 * <p>The former are classes of Spark SQL, which an application may not have: what knows them is loaded with the first of them.
 */
final class QueryListener extends SparkListener {
  private static final String EVENTS = "org.apache.spark.sql.streaming.StreamingQueryListener$";

  private final ApplicationStore store;
  private final QueryWork work;
  private QueryEvents events;

  QueryListener(ApplicationStore store) {
    this.store = store;
    work = new QueryWork(store::activeQuery);
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    if (event.getClass().getName().startsWith(EVENTS)) {
      if (events == null) {
        events = new QueryEvents(store);
      }
      events.on(event);
    }
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    work.jobStarted(event.jobId(), event.properties());
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    work.jobEnded(event.jobId());
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    work.stageSubmitted(event.stageInfo().stageId(), event.properties());
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted event) {
    work.stageCompleted(event.stageInfo().stageId());
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    work.taskEnded(event.stageId());
  }
}
