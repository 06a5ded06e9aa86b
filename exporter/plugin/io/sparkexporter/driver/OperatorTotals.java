package io.sparkexporter.driver;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the operators of ended SQL executions did, by kind of operator and name of metric. Thread-safe. */
public final class OperatorTotals {
  /** Kinds and names beyond these, which only data sources make up, are taken together. */
  private static final int MAX_KINDS = 200;
  private static final int MAX_NAMES = 300;
  private static final int MAX_ROWS = 5000;
  private static final String OTHER = "other";
  /** What follows is a table, a path, a number of code generation or a subquery: no end of labels. */
  private static final Pattern KIND = Pattern.compile("(?:(?:Scan|Execute) )?[A-Za-z0-9_]+");
  /** Of these negative updates count, too; elsewhere one means that nothing was measured. */
  private static final String SUM = "sum";

  /** Of one kind and one metric, in Spark's own units. */
  static final class Row {
    final String operator;
    final String metric;
    final String type;
    long total;
    /** Of one task. */
    long largest;
    /** The same, of the last execution that had the metric. */
    long last;
    private long lastExecution;

    private Row(String operator, String metric, String type) {
      this.operator = operator;
      this.metric = metric;
      this.type = type;
    }

    private Row copy() {
      Row copy = new Row(operator, metric, type);
      copy.total = total;
      copy.largest = largest;
      copy.last = last;
      return copy;
    }
  }

  private final Drops drops;
  private final Map<List<String>, Row> rows = new LinkedHashMap<>();
  private final Set<String> kinds = new HashSet<>();
  private final Set<String> names = new HashSet<>();
  private long executions;

  /** Makes an empty table. */
  OperatorTotals(Drops drops) {
    this.drops = drops;
  }

  /** Returns the kind of an operator by the name of its node. */
  public static String kindOf(String node) {
    Matcher matcher = KIND.matcher(node);
    return matcher.lookingAt() ? matcher.group() : OTHER;
  }

  /** Notes that what is added from now on belongs to another execution. */
  synchronized void nextExecution() {
    executions++;
  }

  /** Adds what the tasks of one operator measured; the type is null if nobody but a data source can read it. */
  synchronized void add(String node, String metric, String type, Tally.Cell cell) {
    if (type == null) {
      lose(cell, null, Reason.UNREADABLE_SQL_METRIC);
      return;
    }
    String operator = kindOf(node);
    String kind = known(kinds, operator, MAX_KINDS);
    String name = known(names, metric, MAX_NAMES);
    Row row = row(kind, name, type);
    if (row == null || !kind.equals(operator) || !name.equals(metric)) {
      lose(cell, type, Reason.SQL_LIMIT);
    }
    if (row != null) {
      add(row, cell);
    }
  }

  /** Counts the loss of a value, or of its name; where nothing was measured there is none. */
  private void lose(Tally.Cell cell, String type, Reason reason) {
    if (measured(cell, type) != 0) {
      drops.count(reason);
    }
  }

  private static long measured(Tally.Cell cell, String type) {
    return cell.sum + (SUM.equals(type) ? cell.negative : 0);
  }

  private void add(Row row, Tally.Cell cell) {
    row.total += Math.max(0, measured(cell, row.type));
    row.largest = Math.max(row.largest, cell.largest);
    row.last = row.lastExecution == executions ? Math.max(row.last, cell.largest) : cell.largest;
    row.lastExecution = executions;
  }

  private Row row(String kind, String metric, String type) {
    List<String> key = Arrays.asList(kind, metric, type);
    Row row = rows.get(key);
    if (row == null && rows.size() < MAX_ROWS) {
      row = new Row(kind, metric, type);
      rows.put(key, row);
    }
    return row;
  }

  private static String known(Set<String> known, String name, int limit) {
    if (!known.contains(name) && known.size() >= limit) {
      return OTHER;
    }
    known.add(name);
    return name;
  }

  /** Returns all rows, in the order in which they came. */
  synchronized List<Row> rows() {
    List<Row> copies = new ArrayList<>(rows.size());
    rows.values().forEach(row -> copies.add(row.copy()));
    return copies;
  }
}
