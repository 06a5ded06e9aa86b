package io.sparkexporter.driver;

import io.sparkexporter.report.Report;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** The executors of an application: the live ones, and for a while those that are gone. Guarded by its owner. */
final class ExecutorRecords {
  /** Ids of executors whose counts are kept without them, so that a late report does not count twice. */
  private static final int MAX_FORGOTTEN = 10_000;

  private final Catalogue catalogue;
  private final int maxRemoved;
  private final double maxRemovedSeconds;
  private final Map<String, ExecutorRecord> records = new LinkedHashMap<>();
  private final Set<String> forgotten = new LinkedHashSet<>();
  private int live;
  /** Whether the catalogue's totals lack something. */
  private boolean untotalled = true;

  /**
   * Makes a list without executors.
   *
   * @param catalogue keeps the counts of those that are forgotten
   * @param maxRemoved how many of those that are gone are remembered
   * @param maxRemovedSeconds how long
   */
  ExecutorRecords(Catalogue catalogue, int maxRemoved, double maxRemovedSeconds) {
    this.catalogue = catalogue;
    this.maxRemoved = maxRemoved;
    this.maxRemovedSeconds = maxRemovedSeconds;
  }

  /** All that are remembered. */
  Collection<ExecutorRecord> all() {
    return records.values();
  }

  /** Returns null if there is none. */
  ExecutorRecord get(String id) {
    return records.get(id);
  }

  /** How many are live. */
  int live() {
    return live;
  }

  /** Returns whose report it is; null if the sender's counts are kept already. */
  ExecutorRecord reporting(Report report, double now) {
    ExecutorRecord record = records.get(report.executorId);
    if (record == null) {
      return forgotten.contains(report.executorId) ? null : make(report.executorId, now);
    }
    if (record.isOutdated(report)) {
      return null;
    }
    if (record.isNewSession(report)) {
      catalogue.keep(record);
      record.restart();
      untotalled = true;
    }
    return record;
  }

  private ExecutorRecord make(String id, double time) {
    ExecutorRecord record = new ExecutorRecord(id, time);
    records.put(id, record);
    live++;
    return record;
  }

  /** Notes that Spark has added one; it may have reported already, or have been there before. */
  ExecutorRecord add(String id, String host, double time) {
    forgotten.remove(id);
    ExecutorRecord record = records.get(id);
    if (record == null) {
      record = make(id, time);
    } else if (!record.isLive()) {
      record.removed = Double.NaN;
      record.reason = null;
      live++;
    }
    record.host = host;
    record.added = time;
    return record;
  }

  /** Notes that Spark has removed one; returns null if it was not live. */
  ExecutorRecord remove(String id, String reason, double time) {
    ExecutorRecord record = records.get(id);
    if (record == null || !record.isLive()) {
      return null;
    }
    record.removed = time;
    record.reason = reason;
    live--;
    // In the order of their removal, so that the oldest one goes first.
    records.remove(id);
    records.put(id, record);
    return record;
  }

  /** Forgets removed ones that are too many or too old, but not their counts. Returns whether there were any. */
  boolean forgetOld(double now) {
    int removed = records.size() - live;
    int before = records.size();
    for (ExecutorRecord record : new ArrayList<>(records.values())) {
      if (!record.isLive() && (removed > maxRemoved || record.removed < now - maxRemovedSeconds)) {
        catalogue.keep(record);
        records.remove(record.id);
        remember(record.id);
        removed--;
        untotalled = true;
      }
    }
    return records.size() < before;
  }

  private void remember(String id) {
    forgotten.add(id);
    if (forgotten.size() > MAX_FORGOTTEN) {
      forgotten.remove(forgotten.iterator().next());
    }
  }

  /** Notes that one of them has other values, or has gone. */
  void changed() {
    untotalled = true;
  }

  /** Brings the catalogue's totals up to date. */
  void total() {
    if (untotalled) {
      catalogue.total(records.values());
      untotalled = false;
    }
  }
}
