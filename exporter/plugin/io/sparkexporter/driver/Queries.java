package io.sparkexporter.driver;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The streaming queries that are active, and those that ended last. Guarded by its owner. */
final class Queries {
  private final int maxEnded;
  private final Map<String, QueryRun> runs = new LinkedHashMap<>();

  Queries(int maxEnded) {
    this.maxEnded = maxEnded;
  }

  /** Returns the run, which is a new one if there is none yet. */
  QueryRun run(String id, String runId, String name, double time) {
    QueryRun run = runs.computeIfAbsent(runId, unknown -> new QueryRun(id, runId, name, time));
    if (name != null) {
      run.name = name;
    }
    return run;
  }

  void end(QueryRun run, double time, String exception) {
    run.end(time, exception);
    // In the order of their ends, so that the oldest one goes first.
    runs.remove(run.runId);
    runs.put(run.runId, run);
    long tooMany = runs.values().stream().filter(one -> !one.isActive()).count() - maxEnded;
    for (QueryRun one : new ArrayList<>(runs.values())) {
      if (tooMany > 0 && !one.isActive()) {
        runs.remove(one.runId);
        tooMany--;
      }
    }
  }

  List<QueryRun> all() {
    return new ArrayList<>(runs.values());
  }
}
