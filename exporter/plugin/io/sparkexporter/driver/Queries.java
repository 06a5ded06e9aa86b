package io.sparkexporter.driver;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The streaming queries that are active, and those that ended last. Guarded by its owner.
 *
 * <p>Of each query, the runs that ended before those are taken together, so that its totals never go back.
 */
final class Queries {
  /** Queries of which earlier runs are kept; no application has so many that go on. */
  private static final int MAX_EARLIER = 200;

  private final int maxEnded;
  private final Drops drops;
  private final Map<String, QueryRun> runs = new LinkedHashMap<>();
  /** By id and name: a checkpoint may go on under another name. */
  private final Map<List<String>, QueryRun> earlier = new LinkedHashMap<>();

  Queries(int maxEnded, Drops drops) {
    this.maxEnded = maxEnded;
    this.drops = drops;
  }

  /** Returns the run, which is a new one if there is none yet. */
  QueryRun run(String id, String runId, String name, double time) {
    QueryRun run = runs.computeIfAbsent(runId, unknown -> new QueryRun(id, runId, name, time));
    if (name != null) {
      run.name = name;
    }
    return run;
  }

  /** Returns the active run of a query, or null. */
  QueryRun active(String id) {
    return runs.values().stream().filter(run -> run.isActive() && run.id.equals(id)).findFirst().orElse(null);
  }

  /** Ends a run; {@code now} is the sequence of the store. */
  void end(QueryRun run, double time, String exception, long now) {
    run.end(time, exception);
    // In the order of their ends, so that the oldest one goes first.
    runs.remove(run.runId);
    runs.put(run.runId, run);
    long tooMany = runs.values().stream().filter(one -> !one.isActive()).count() - maxEnded;
    for (QueryRun one : new ArrayList<>(runs.values())) {
      if (tooMany > 0 && !one.isActive()) {
        runs.remove(one.runId);
        keep(one, now);
        tooMany--;
      }
    }
  }

  private void keep(QueryRun run, long now) {
    List<String> query = Arrays.asList(run.id, run.name);
    QueryRun before = earlier.remove(query);
    if (before != null) {
      run.absorb(before, now);
    }
    earlier.put(query, run);
    if (earlier.size() > MAX_EARLIER) {
      forgetOne();
    }
  }

  /** Forgets the query that ended first, rather one that does not go on. */
  private void forgetOne() {
    Set<String> goOn = runs.values().stream().map(run -> run.id).collect(Collectors.toSet());
    List<String> first =
        earlier.keySet().stream()
            .filter(query -> !goOn.contains(query.get(0)))
            .findFirst()
            .orElse(earlier.keySet().iterator().next());
    earlier.remove(first);
    drops.count(Reason.QUERY_LIMIT);
  }

  List<QueryRun> all() {
    List<QueryRun> all = new ArrayList<>(earlier.values());
    all.addAll(runs.values());
    return all;
  }
}
