package io.sparkexporter.driver;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * Counts the stages that jobs skip, for each job as Spark's own UI shows it. For one thread.
 *
 * <p>A job has skipped a stage if an attempt of it waits when the job ends. That attempt may wait because the output is
 * there, because the job has failed before, or because another job goes on to run it. Of several jobs that wait for the
 * same attempt, the first one to end has skipped it. An attempt that was over when another job began to need its stage
 * waits again. A job has also skipped a stage that Spark attempted while it ran, only to find that nothing is missing.
 */
public final class SkippedStages {
  private static final class Attempt {
    boolean waits = true;
    boolean ended;
    /** As Spark counts: a task that Spark runs again after its end is subtracted once more. */
    int activeTasks;
  }

  private static final class Job {
    final Set<Integer> stages = new HashSet<>();
    final Set<Integer> skipped = new HashSet<>();
  }

  private final Map<Long, Attempt> attempts = new HashMap<>();
  private final Map<Integer, Job> jobs = new HashMap<>();

  /** Notes that a job starts; what it needs comes next. */
  public void started(int job) {
    jobs.put(job, new Job());
  }

  /** Notes that a job which has just started needs a stage, and which attempt of it was the last one then. */
  public void needs(int job, int stage, int attempt) {
    jobs.get(job).stages.add(stage);
    attempt(stage, attempt);
  }

  /** Notes that an attempt begins. */
  public void submitted(int stage, int attempt) {
    attempt(stage, attempt).waits = false;
  }

  /** Notes that a task of an attempt begins, by 1, or ends, by -1. */
  public void task(int stage, int attempt, int change) {
    Attempt found = attempts.get(key(stage, attempt));
    if (found != null) {
      found.activeTasks += change;
      // While tasks of it run on, whoever needs the stage does not wait.
      if (change < 0) {
        forgetIfOver(stage, attempt, found);
      }
    }
  }

  /** Notes that an attempt has ended, and whether there was anything to do in it. */
  public void completed(int stage, int attempt, boolean empty) {
    Attempt found = attempts.get(key(stage, attempt));
    if (found == null) {
      return;
    }
    found.waits = false;
    found.ended = true;
    if (empty) {
      jobs.values().stream().filter(job -> job.stages.contains(stage)).forEach(job -> job.skipped.add(stage));
    }
    forgetIfOver(stage, attempt, found);
  }

  /** Notes that a job has ended; returns how many stages it has skipped. */
  public int ended(int id) {
    Job job = jobs.remove(id);
    if (job == null) {
      return 0;
    }
    for (Iterator<Map.Entry<Long, Attempt>> it = attempts.entrySet().iterator(); it.hasNext(); ) {
      Map.Entry<Long, Attempt> entry = it.next();
      int stage = (int) (entry.getKey() >> Integer.SIZE);
      if (entry.getValue().waits && job.stages.contains(stage)) {
        job.skipped.add(stage);
        it.remove();
      }
    }
    if (jobs.isEmpty()) {
      // Stages are shared by jobs that run at the same time alone.
      attempts.clear();
    }
    return job.skipped.size();
  }

  private Attempt attempt(int stage, int attempt) {
    return attempts.computeIfAbsent(key(stage, attempt), unknown -> new Attempt());
  }

  private void forgetIfOver(int stage, int attempt, Attempt found) {
    if (found.ended && found.activeTasks == 0) {
      attempts.remove(key(stage, attempt));
    }
  }

  private static long key(int stage, int attempt) {
    return (long) stage << Integer.SIZE | attempt;
  }
}
