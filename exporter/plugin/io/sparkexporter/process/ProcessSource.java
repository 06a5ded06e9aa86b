package io.sparkexporter.process;

import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.Readings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Adds up the process tree by role. What grows never goes back when processes end. */
public final class ProcessSource implements ReadingSource {
  private static final Role[] ROLES = Role.values();
  private static final Growing[] GROWING = {
    new Growing("cpu", Process::used, true),
    new Growing("read_bytes", process -> process.io.read, false),
    new Growing("written_bytes", process -> process.io.written, false),
  };

  private final ProcDirectory proc;
  private final ProcessTree tree;
  /** What processes that have ended had used, by role. */
  private final double[][] ended = new double[GROWING.length][ROLES.length];
  /** What was said before, by role. */
  private final double[][] said = new double[GROWING.length][ROLES.length];
  private Map<Integer, Process> last = new HashMap<>();

  /** A value that grows. */
  private static final class Growing {
    final String name;
    final ToDoubleFunction<Process> value;
    /** Whether only Python's processes pass on what they have used; else each does, to its parent. */
    final boolean ofPython;

    Growing(String name, ToDoubleFunction<Process> value, boolean ofPython) {
      this.name = name;
      this.value = value;
      this.ofPython = ofPython;
    }
  }

  /**
   * Reads below this root of the file system.
   *
   * @param startedByPython whether the parent of this process belongs to the tree if it is a Python process
   */
  public ProcessSource(Path root, boolean startedByPython) {
    this.proc = new ProcDirectory(root.resolve("proc"));
    this.tree = new ProcessTree(proc, startedByPython);
  }

  @Override
  public void read(Readings into) {
    Map<Integer, Process> now = tree.read();
    if (now.isEmpty()) {
      return;
    }
    last.values().forEach(process -> keepIfEnded(process, now));
    last = now;
    boolean complete = proc.hasChildren(proc.self());
    for (Role role : ROLES) {
      // Without children, a zero would say that there is no Python process.
      if (complete || role == Role.JVM) {
        set(into, role);
      }
    }
  }

  private void keepIfEnded(Process process, Map<Integer, Process> now) {
    Process same = now.get(process.pid);
    if (same != null && same.start == process.start && same.role == process.role) {
      return;
    }
    boolean inherited = hasHeir(process, now);
    for (int i = 0; i < GROWING.length; i++) {
      double used = GROWING[i].value.applyAsDouble(process);
      boolean passes = process.role == Role.PYTHON || !GROWING[i].ofPython;
      if (!(passes && inherited) && !Double.isNaN(used)) {
        ended[i][process.role.ordinal()] += used;
      }
    }
  }

  /** Whether what a process has used is now with the nearest one above in its role that is still there. */
  private boolean hasHeir(Process process, Map<Integer, Process> now) {
    Process above = last.get(process.parent);
    while (above != null && above.role == process.role) {
      Process same = now.get(above.pid);
      if (same != null && same.start == above.start) {
        return true;
      }
      above = last.get(above.parent);
    }
    return false;
  }

  private void set(Readings into, Role role) {
    int count = 0;
    double rss = 0;
    double swap = 0;
    double threads = 0;
    double openFiles = 0;
    for (Process process : last.values()) {
      if (process.role == role) {
        count++;
        rss += process.rss;
        swap += process.swap;
        threads += process.threads;
        openFiles += process.openFiles;
      }
    }
    String prefix = "process." + role.label() + ".";
    into.set(prefix + "count", count);
    into.set(prefix + "rss", rss);
    into.set(prefix + "swap", swap);
    into.set(prefix + "threads", threads);
    into.set(prefix + "open_files", openFiles);
    for (int i = 0; i < GROWING.length; i++) {
      setGrowing(into, prefix, i, role);
    }
  }

  private void setGrowing(Readings into, String prefix, int which, Role role) {
    double used = ended[which][role.ordinal()];
    for (Process process : last.values()) {
      used += process.role == role ? GROWING[which].value.applyAsDouble(process) : 0;
    }
    // NaN: one of them does not tell, and a part would look like all.
    if (!Double.isNaN(used)) {
      said[which][role.ordinal()] = Math.max(said[which][role.ordinal()], used);
      into.set(prefix + GROWING[which].name, said[which][role.ordinal()]);
    }
  }
}
