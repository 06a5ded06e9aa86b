package io.sparkexporter.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Finds this process and all its descendants, and perhaps the Python process that has started it. */
final class ProcessTree {
  /** More than this are not looked at. */
  static final int MAX_PROCESSES = 1000;
  /** What the main classes of Spark's executors are called, whatever the cluster manager. */
  private static final String EXECUTOR = "ExecutorBackend";

  private final ProcDirectory proc;
  private final boolean startedByPython;
  /** Which of the JVMs are executors, by process number and start. */
  private final Map<Long, Boolean> executors = new HashMap<>();

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
      for (int child : proc.children(open.remove())) {
        Process process = found.containsKey(child) ? null : proc.read(child);
        if (process != null && !isExecutor(process)) {
          found.put(child, process);
          open.add(child);
        }
      }
    }
    Process parent = startedByPython ? proc.read(own.parent) : null;
    if (parent != null && parent.role == Role.PYTHON) {
      found.put(parent.pid, parent);
    }
    return found;
  }

  /** An executor that is a child of the driver reports itself. */
  private boolean isExecutor(Process process) {
    if (process.role != Role.JVM) {
      return false;
    }
    if (executors.size() > MAX_PROCESSES) {
      executors.clear();
    }
    long key = process.start * 31 + process.pid;
    return executors.computeIfAbsent(key, unknown -> proc.commandLine(process.pid).contains(EXECUTOR));
  }
}
