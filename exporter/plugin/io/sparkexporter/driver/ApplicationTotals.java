package io.sparkexporter.driver;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.spark.executor.TaskMetrics;

/** What all tasks, jobs, stages, SQL executions and executors of the application add up to. Thread-safe. */
public final class ApplicationTotals {
  private static final String PREFIX = "app.";
  private static final String FAILURES = "app.task_failures.";
  private static final String REMOVALS = "executor_removals.";
  /** The classes of reasons are Spark's own, so there are few; this only makes sure of it. */
  private static final int MAX_REASONS = 100;
  private static final String[] COUNTS = {
    "tasks.succeeded", "tasks.failed", "tasks.killed", "jobs.started", "jobs.succeeded", "jobs.failed",
    "stages.completed", "stages.failed", "stages.skipped", "executors.added", "executors.removed",
  };
  private static final String[] SQL = {
    "sql.active", "sql.completed", "sql.failed", "sql.time.completed", "sql.time.failed",
  };
  /** In Spark's own units, by what Spark calls them. */
  private static final Map<String, ToLongFunction<TaskMetrics>> SUMS = new LinkedHashMap<>();

  static {
    SUMS.put("executorRunTime", TaskMetrics::executorRunTime);
    SUMS.put("executorCpuTime", TaskMetrics::executorCpuTime);
    SUMS.put("executorDeserializeTime", TaskMetrics::executorDeserializeTime);
    SUMS.put("executorDeserializeCpuTime", TaskMetrics::executorDeserializeCpuTime);
    SUMS.put("jvmGCTime", TaskMetrics::jvmGCTime);
    SUMS.put("resultSerializationTime", TaskMetrics::resultSerializationTime);
    SUMS.put("resultSize", TaskMetrics::resultSize);
    SUMS.put("memoryBytesSpilled", TaskMetrics::memoryBytesSpilled);
    SUMS.put("diskBytesSpilled", TaskMetrics::diskBytesSpilled);
    SUMS.put("input.bytesRead", task -> task.inputMetrics().bytesRead());
    SUMS.put("input.recordsRead", task -> task.inputMetrics().recordsRead());
    SUMS.put("output.bytesWritten", task -> task.outputMetrics().bytesWritten());
    SUMS.put("output.recordsWritten", task -> task.outputMetrics().recordsWritten());
    SUMS.put("shuffleRead.remoteBytesRead", task -> task.shuffleReadMetrics().remoteBytesRead());
    SUMS.put("shuffleRead.localBytesRead", task -> task.shuffleReadMetrics().localBytesRead());
    SUMS.put("shuffleRead.remoteBytesReadToDisk", task -> task.shuffleReadMetrics().remoteBytesReadToDisk());
    SUMS.put("shuffleRead.remoteBlocksFetched", task -> task.shuffleReadMetrics().remoteBlocksFetched());
    SUMS.put("shuffleRead.localBlocksFetched", task -> task.shuffleReadMetrics().localBlocksFetched());
    SUMS.put("shuffleRead.recordsRead", task -> task.shuffleReadMetrics().recordsRead());
    SUMS.put("shuffleRead.fetchWaitTime", task -> task.shuffleReadMetrics().fetchWaitTime());
    SUMS.put("shuffleRead.remoteReqsDuration", task -> task.shuffleReadMetrics().remoteReqsDuration());
    SUMS.put("shuffleRead.corruptMergedBlockChunks", task -> task.shuffleReadMetrics().corruptMergedBlockChunks());
    SUMS.put("shuffleRead.mergedFetchFallbackCount", task -> task.shuffleReadMetrics().mergedFetchFallbackCount());
    SUMS.put("shuffleRead.remoteMergedBlocksFetched", task -> task.shuffleReadMetrics().remoteMergedBlocksFetched());
    SUMS.put("shuffleRead.localMergedBlocksFetched", task -> task.shuffleReadMetrics().localMergedBlocksFetched());
    SUMS.put("shuffleRead.remoteMergedChunksFetched", task -> task.shuffleReadMetrics().remoteMergedChunksFetched());
    SUMS.put("shuffleRead.localMergedChunksFetched", task -> task.shuffleReadMetrics().localMergedChunksFetched());
    SUMS.put("shuffleRead.remoteMergedBytesRead", task -> task.shuffleReadMetrics().remoteMergedBytesRead());
    SUMS.put("shuffleRead.localMergedBytesRead", task -> task.shuffleReadMetrics().localMergedBytesRead());
    SUMS.put("shuffleRead.remoteMergedReqsDuration", task -> task.shuffleReadMetrics().remoteMergedReqsDuration());
    SUMS.put("shuffleWrite.bytesWritten", task -> task.shuffleWriteMetrics().bytesWritten());
    SUMS.put("shuffleWrite.recordsWritten", task -> task.shuffleWriteMetrics().recordsWritten());
    SUMS.put("shuffleWrite.writeTime", task -> task.shuffleWriteMetrics().writeTime());
  }

  private final Map<String, long[]> totals = new LinkedHashMap<>();
  private final Map<ToLongFunction<TaskMetrics>, long[]> sums = new LinkedHashMap<>();
  private int reasons;

  /** Makes totals that are all zero. */
  public ApplicationTotals() {
    begin(COUNTS);
    RemovalReasons.all().forEach(reason -> begin(REMOVALS + reason));
    SUMS.forEach(
        (name, field) -> {
          long[] sum = new long[1];
          totals.put(PREFIX + name, sum);
          sums.put(field, sum);
        });
  }

  private synchronized void begin(String... names) {
    for (String name : names) {
      totals.putIfAbsent(PREFIX + name, new long[1]);
    }
  }

  /** Adds one to a count, such as {@code "jobs.failed"}. */
  public synchronized void count(String name) {
    totals.get(PREFIX + name)[0]++;
  }

  /** Adds to a count, such as {@code "stages.skipped"}. */
  synchronized void count(String name, int number) {
    totals.get(PREFIX + name)[0] += number;
  }

  /** Counts an executor that was removed, also by the class of the reason, which may be null. */
  public synchronized void countRemoval(String reason) {
    count("executors.removed");
    count(REMOVALS + RemovalReasons.classify(reason));
  }

  /** Counts an SQL execution that has ended, and how long it took. */
  synchronized void countSql(boolean failed, long millis) {
    begin(SQL);
    String result = failed ? "failed" : "completed";
    count("sql." + result);
    totals.get(PREFIX + "sql.time." + result)[0] += Math.max(0, millis);
  }

  /** Notes how many SQL executions are running; without any there is no total of them either. */
  synchronized void setSqlActive(int active) {
    begin(SQL);
    totals.get(PREFIX + "sql.active")[0] = active;
  }

  /** Counts a task attempt that has not succeeded by the name of its reason. */
  public synchronized void countFailure(String reason) {
    long[] count = totals.get(FAILURES + reason);
    if (count == null && reasons < MAX_REASONS) {
      reasons++;
      count = new long[1];
      totals.put(FAILURES + reason, count);
    }
    if (count != null) {
      count[0]++;
    }
  }

  /** Adds what one task attempt has measured. */
  public synchronized void add(TaskMetrics task) {
    sums.forEach((field, sum) -> sum[0] += field.applyAsLong(task));
  }

  /** Calls the consumer with every name and its total. */
  synchronized void each(Consumer consumer) {
    totals.forEach((name, total) -> consumer.accept(name, total[0]));
  }

  /** Whether a job has started and not ended. */
  synchronized boolean hasRunningJob() {
    long ended = totals.get(PREFIX + "jobs.succeeded")[0] + totals.get(PREFIX + "jobs.failed")[0];
    return totals.get(PREFIX + "jobs.started")[0] > ended;
  }

  /** Whether no executor has registered yet. */
  synchronized boolean hasNoExecutor() {
    return totals.get("app.executors.added")[0] == 0;
  }

  /** Takes one total. */
  interface Consumer {
    void accept(String name, long total);
  }
}
