package io.sparkexporter.driver;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;

/**
 * Counts the jobs and tasks of streaming queries. Those of functions in foreachBatch are among them, but not over Spark
 * Connect, where such a function is a client of its own. For one thread, but for the counts themselves.
 */
public final class QueryWork {
  /** What Spark sets wherever a query runs something; a job's group is the run, unless somebody else sets another. */
  private static final String QUERY = "sql.streaming.queryId";
  /** More jobs or stages than run at a time. Only what never ended, because Spark has lost the event, adds up to this. */
  private static final int MAX = 10_000;

  private final Function<String, QueryRun> active;
  private final Map<Integer, QueryRun> jobs = new HashMap<>();
  private final Map<Integer, QueryRun> stages = new HashMap<>();

  /**
   * Makes one that has seen nothing.
   *
   * @param active gives the run of a query that is active, or null
   */
  public QueryWork(Function<String, QueryRun> active) {
    this.active = active;
  }

  /** Notes that a job begins, with the properties that Spark gives it; they may be null. */
  public void jobStarted(int job, Properties properties) {
    QueryRun run = of(properties);
    if (run != null && jobs.size() < MAX && jobs.put(job, run) == null) {
      run.jobs.incrementAndGet();
    }
  }

  /** Notes that a job has ended. */
  public void jobEnded(int job) {
    QueryRun run = jobs.remove(job);
    if (run != null) {
      run.jobs.decrementAndGet();
    }
  }

  /** Notes that a stage begins, with the properties of the job that needs it. */
  public void stageSubmitted(int stage, Properties properties) {
    QueryRun run = of(properties);
    if (run != null && stages.size() < MAX) {
      stages.put(stage, run);
    }
  }

  /** Notes that an attempt at a task has ended, however it did. */
  public void taskEnded(int stage) {
    QueryRun run = stages.get(stage);
    if (run != null) {
      run.tasks.increment();
    }
  }

  /** Notes that a stage has ended. */
  public void stageCompleted(int stage) {
    stages.remove(stage);
  }

  private QueryRun of(Properties properties) {
    String query = properties == null ? null : properties.getProperty(QUERY);
    return query == null ? null : active.apply(query);
  }
}
