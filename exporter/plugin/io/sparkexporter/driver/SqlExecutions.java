package io.sparkexporter.driver;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Follows SQL executions, and accounts for each when it has ended, as Spark's own page does. For one thread. */
public final class SqlExecutions {
  /** No driver plans more at a time; one whose end Spark never says must not stay for ever. */
  private static final int MAX_RUNNING = 1000;
  /** What tasks may add to while their executions run. */
  private static final int MAX_CELLS = 200_000;

  private static final class Execution {
    final long started;
    SqlPlan plan;
    final Set<Integer> stages = new HashSet<>();
    final Tally driver = new Tally();

    Execution(long started, SqlPlan plan) {
      this.started = started;
      this.plan = plan;
    }
  }

  private final ApplicationTotals totals;
  private final OperatorTotals operators;
  private final Drops drops;
  private final Runnable changed;
  private final Map<Long, Execution> running = new LinkedHashMap<>();
  private final Map<Integer, SqlStage> stages = new HashMap<>();
  private int cells;

  /**
   * Makes one that knows of no execution.
   *
   * @param changed runs after each execution's start and end
   */
  SqlExecutions(ApplicationTotals totals, OperatorTotals operators, Drops drops, Runnable changed) {
    this.totals = totals;
    this.operators = operators;
    this.drops = drops;
    this.changed = changed;
  }

  /** Notes that an execution has started; the time is in milliseconds. */
  public void started(long id, long time, SqlPlan plan) {
    if (running.size() >= MAX_RUNNING) {
      Iterator<Execution> oldest = running.values().iterator();
      release(oldest.next());
      oldest.remove();
      drops.count(Reason.SQL_LIMIT);
    }
    running.put(id, new Execution(time, plan));
    totals.setSqlActive(running.size());
    changed.run();
  }

  /** Notes that an execution goes on by another plan. */
  public void replanned(long id, SqlPlan plan) {
    Execution execution = running.get(id);
    if (execution != null) {
      execution.plan = plan;
    }
  }

  /** Notes what the driver itself has measured. */
  public void measured(long id, long accumulator, long update) {
    Execution execution = running.get(id);
    if (execution != null) {
      add(execution.driver, accumulator, update);
    }
  }

  /** Notes that an execution needs these stages. */
  public void needs(long id, List<Integer> needed) {
    Execution execution = running.get(id);
    if (execution == null) {
      return;
    }
    for (Integer stage : needed) {
      if (execution.stages.add(stage)) {
        stages.computeIfAbsent(stage, unknown -> new SqlStage()).users++;
      }
    }
  }

  /** Notes that an attempt of a stage begins. */
  public void attempted(int id, int attempt) {
    SqlStage stage = stages.get(id);
    if (stage != null) {
      cells -= stage.tally.size();
      stage.begin(attempt);
      cells += stage.tally.size();
    }
  }

  /**
   * Notes that a task has succeeded.
   *
   * @param index of its partition
   * @param updates calls its argument with each accumulator and what the task has added to it
   */
  public void succeeded(int id, int attempt, int index, Consumer<Updates> updates) {
    SqlStage stage = stages.get(id);
    if (stage != null && stage.isFirst(attempt, index)) {
      updates.accept((accumulator, update) -> add(stage.tally, accumulator, update));
    }
  }

  /** Takes what was added to one accumulator. */
  public interface Updates {
    void accept(long accumulator, long update);
  }

  private void add(Tally tally, long accumulator, long update) {
    int before = tally.size();
    if (!tally.add(accumulator, update, cells < MAX_CELLS)) {
      drops.count(Reason.SQL_LIMIT);
    }
    cells += tally.size() - before;
  }

  /** Accounts for an execution that has ended; the time is in milliseconds. */
  public void ended(long id, long time, boolean failed) {
    Execution execution = running.remove(id);
    totals.setSqlActive(running.size());
    // Without its start nothing but the end is known of it.
    totals.countSql(failed, execution == null ? 0 : time - execution.started);
    if (execution != null) {
      try {
        account(execution);
      } finally {
        release(execution);
      }
    }
    changed.run();
  }

  private void account(Execution execution) {
    operators.nextExecution();
    Set<Long> seen = new HashSet<>();
    execution.plan.each(
        (node, metric, accumulator, type) -> {
          // What is reused stands in the plan more than once.
          if (seen.add(accumulator)) {
            operators.add(node, metric, type, sum(execution, accumulator));
          }
        });
  }

  private Tally.Cell sum(Execution execution, long accumulator) {
    Tally.Cell sum = new Tally.Cell();
    add(sum, execution.driver.of(accumulator));
    for (Integer stage : execution.stages) {
      add(sum, stages.get(stage).tally.of(accumulator));
    }
    return sum;
  }

  private static void add(Tally.Cell sum, Tally.Cell cell) {
    if (cell != null) {
      sum.add(cell);
    }
  }

  private void release(Execution execution) {
    cells -= execution.driver.size();
    for (Integer id : execution.stages) {
      SqlStage stage = stages.get(id);
      if (--stage.users == 0) {
        cells -= stage.tally.size();
        stages.remove(id);
      }
    }
  }
}
