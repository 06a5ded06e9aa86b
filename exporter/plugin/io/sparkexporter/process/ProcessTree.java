package io.sparkexporter.process;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Finds this process and all its descendants, and perhaps the Python process that has started it. */
final class ProcessTree {
  /** More than this are not looked at. */
  static final int MAX_PROCESSES = 1000;
  /** In the names of the main classes of Spark's executors, whatever the cluster manager, and of its drivers. */
  private static final String[] MAIN_CLASSES = {"ExecutorBackend", "org.apache.spark.deploy.SparkSubmit"};

  private final ProcDirectory proc;
  private final boolean startedByPython;
  /** Which of the JVMs are executors or drivers, by process number and start. */
  private final Map<Long, Boolean> apart = new HashMap<>();

  /**
   * Looks in a /proc.
   *
   * @param startedByPython whether the parent belongs to the tree if it is a Python process
   */
  ProcessTree(ProcDirectory proc, boolean startedByPython) {
    this.proc = proc;
    this.startedByPython = startedByPython;
  }

  /** Returns the processes by number; empty if this process cannot be found. */
  Map<Integer, Process> read() {
    Map<Integer, Process> found = new LinkedHashMap<>();
    int self = proc.self();
    Process own = self < 0 ? null : proc.read(self, Role.JVM);
    if (own == null) {
      return found;
    }
    Deque<Integer> open = new ArrayDeque<>();
    found.put(self, own);
    open.add(self);
    while (!open.isEmpty() && found.size() < MAX_PROCESSES) {
      Process above = found.get(open.remove());
      for (int child : proc.children(above.pid)) {
        Process process = found.containsKey(child) ? null : proc.read(child);
        if (process != null && !isApart(process)) {
          found.put(child, above.role == Role.PYTHON ? process.as(Role.PYTHON) : process);
          open.add(child);
        }
      }
    }
    Process parent = startedByPython ? proc.read(own.parent) : null;
    if (parent != null && parent.role == Role.PYTHON) {
      // What it has started beside this JVM is not in the tree, so what that has used is not either.
      found.put(parent.pid, parent.alone());
    }
    return found;
  }

  /** An executor that is a child of the driver reports itself; another driver has a tree of its own. */
  private boolean isApart(Process process) {
    if (process.role != Role.JVM) {
      return false;
    }
    if (apart.size() > MAX_PROCESSES) {
      apart.clear();
    }
    long key = process.start * 31 + process.pid;
    return apart.computeIfAbsent(
        key, unknown -> Arrays.stream(MAIN_CLASSES).anyMatch(proc.commandLine(process.pid)::contains));
  }
}
