package io.sparkexporter.process;

import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.Readings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Adds up the process tree by role. CPU time never goes back when processes end. */
public final class ProcessSource implements ReadingSource {
  private static final Role[] ROLES = Role.values();

  private final ProcDirectory proc;
  private final ProcessTree tree;
  /** What processes that have ended had used, by role. */
  private final double[] ended = new double[ROLES.length];
  /** What was said before, by role. */
  private final double[] cpu = new double[ROLES.length];
  private Map<Integer, Process> last = new HashMap<>();

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
    Process parent = now.get(process.parent);
    boolean waitedFor = parent != null && parent.role == Role.PYTHON && process.role == Role.PYTHON;
    if (!waitedFor) {
      ended[process.role.ordinal()] += process.cpu;
    }
  }

  private void set(Readings into, Role role) {
    int count = 0;
    double rss = 0;
    double swap = 0;
    double threads = 0;
    double openFiles = 0;
    double used = ended[role.ordinal()];
    for (Process process : last.values()) {
      if (process.role == role) {
        count++;
        rss += process.rss;
        swap += process.swap;
        threads += process.threads;
        openFiles += process.openFiles;
        used += process.cpu;
      }
    }
    cpu[role.ordinal()] = Math.max(cpu[role.ordinal()], used);
    String prefix = "process." + role.label() + ".";
    into.set(prefix + "count", count);
    into.set(prefix + "rss", rss);
    into.set(prefix + "swap", swap);
    into.set(prefix + "threads", threads);
    into.set(prefix + "open_files", openFiles);
    into.set(prefix + "cpu", cpu[role.ordinal()]);
  }
}
