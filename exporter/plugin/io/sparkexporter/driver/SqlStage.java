package io.sparkexporter.driver;

import java.util.BitSet;

/** What the tasks of a stage did for SQL: of its last attempt, as on Spark's own page. Guarded by its owner. */
final class SqlStage {
  private int attempt;
  private final BitSet done = new BitSet();
  /** How many running executions have a job that needs it. */
  int users;
  Tally tally = new Tally();

  /** Begins anew if this is another attempt. */
  void begin(int number) {
    if (number != attempt) {
      attempt = number;
      done.clear();
      tally = new Tally();
    }
  }

  /** Whether a task that has succeeded is the first one of its partition in the last attempt. */
  boolean isFirst(int taskAttempt, int index) {
    if (taskAttempt != attempt || index < 0 || done.get(index)) {
      return false;
    }
    done.set(index);
    return true;
  }
}
