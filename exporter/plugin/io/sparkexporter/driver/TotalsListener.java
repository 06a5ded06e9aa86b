package io.sparkexporter.driver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.apache.spark.scheduler.StageInfo;
import scala.Option;

/** Adds up what Spark says about tasks, stages, jobs and executors, by the rules of Spark's own UI. */
final class TotalsListener extends SparkListener {
  private final ApplicationTotals totals;
  private final Outcome outcome;
  private final Runnable changed;
  /** Stages of running jobs that no attempt has been made of. */
  private final Set<Integer> pending = new HashSet<>();
  /** Stages that an attempt is being made of; two jobs may share one. */
  private final Set<Integer> running = new HashSet<>();
  /** The stages of each running job. */
  private final Map<Integer, List<Integer>> jobs = new HashMap<>();
  private final ScalaLists stageIds = new ScalaLists(SparkListenerJobStart.class, "stageIds");

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
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    totals.count("jobs.started");
    List<Integer> stages = stageIds.of(event, Integer.class);
    jobs.put(event.jobId(), stages);
    pending.addAll(stages);
    pending.removeAll(running);
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    pending.remove(event.stageInfo().stageId());
    running.add(event.stageInfo().stageId());
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted event) {
    StageInfo stage = event.stageInfo();
    pending.remove(stage.stageId());
    running.remove(stage.stageId());
    if (stage.failureReason().isDefined()) {
      totals.count("stages.failed");
    } else {
      totals.count(stage.submissionTime().isDefined() ? "stages.completed" : "stages.skipped");
    }
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    boolean failed = event.jobResult() != JobSucceeded$.MODULE$;
    totals.count(failed ? "jobs.failed" : "jobs.succeeded");
    List<Integer> stages = jobs.remove(event.jobId());
    for (Integer stage : stages == null ? new ArrayList<Integer>() : stages) {
      if (pending.remove(stage)) {
        totals.count("stages.skipped");
      }
    }
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
