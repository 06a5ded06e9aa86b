package io.sparkexporter.driver;

import org.apache.spark.Success$;
import org.apache.spark.TaskCommitDenied;
import org.apache.spark.TaskEndReason;
import org.apache.spark.TaskKilled;
import org.apache.spark.scheduler.JobSucceeded$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.StageInfo;
import scala.Option;

/** Adds up what Spark says about tasks, stages, jobs and executors, by the rules of Spark's own UI. */
final class TotalsListener extends SparkListener {
  private final ApplicationTotals totals;
  private final Outcome outcome;
  private final Runnable changed;
  private final SkippedStages skipped = new SkippedStages();
  private final ScalaLists stages = new ScalaLists(SparkListenerJobStart.class, "stageInfos");

  /**
   * Makes a listener.
   *
   * @param changed runs after each job's end
   */
  TotalsListener(ApplicationTotals totals, Outcome outcome, Runnable changed) {
    this.totals = totals;
    this.outcome = outcome;
    this.changed = changed;
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    TaskEndReason reason = event.reason();
    if (reason == Success$.MODULE$) {
      totals.count("tasks.succeeded");
    } else {
      boolean killed = reason instanceof TaskKilled || reason instanceof TaskCommitDenied;
      totals.count(killed ? "tasks.killed" : "tasks.failed");
      // The name of an object of Scala ends in a dollar sign.
      totals.countFailure(reason.getClass().getSimpleName().replace("$", ""));
    }
    if (event.taskMetrics() != null) {
      totals.add(event.taskMetrics());
    }
    if (event.taskInfo() != null) {
      skipped.task(event.stageId(), event.stageAttemptId(), -1);
    }
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    totals.count("jobs.started");
    skipped.started(event.jobId());
    for (StageInfo stage : stages.of(event, StageInfo.class)) {
      skipped.needs(event.jobId(), stage.stageId(), stage.attemptNumber());
    }
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    skipped.submitted(event.stageInfo().stageId(), event.stageInfo().attemptNumber());
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    skipped.task(event.stageId(), event.stageAttemptId(), 1);
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted event) {
    StageInfo stage = event.stageInfo();
    boolean failed = stage.failureReason().isDefined();
    boolean empty = !failed && !stage.submissionTime().isDefined();
    skipped.completed(stage.stageId(), stage.attemptNumber(), empty);
    if (!empty) {
      totals.count(failed ? "stages.failed" : "stages.completed");
    }
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    boolean failed = event.jobResult() != JobSucceeded$.MODULE$;
    totals.count(failed ? "jobs.failed" : "jobs.succeeded");
    totals.count("stages.skipped", skipped.ended(event.jobId()));
    outcome.jobEnded(failed);
    changed.run();
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    totals.count("executors.added");
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    totals.countRemoval(event.reason());
  }

  @Override
  public void onApplicationEnd(SparkListenerApplicationEnd event) {
    try {
      // Spark has it from version 4 on.
      Object code = SparkListenerApplicationEnd.class.getMethod("exitCode").invoke(event);
      if (((Option<?>) code).isDefined()) {
        outcome.exited((Integer) ((Option<?>) code).get());
      }
    } catch (ReflectiveOperationException older) {
      // Then others tell.
    }
    outcome.applicationEnded();
    changed.run();
  }
}
