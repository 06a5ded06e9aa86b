package io.sparkexporter.process;

import io.sparkexporter.reading.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads processes from /proc. */
final class ProcDirectory {
  /** The kernel counts in these whatever its own clock is. */
  private static final double TICKS_PER_SECOND = 100;
  private static final double KIB = 1024;

  private final Path proc;
  private final SmallFile files = new SmallFile();

  ProcDirectory(Path proc) {
    this.proc = proc;
  }

  /** Returns the number of this process as this /proc has it; -1 if there is none. */
  int self() {
    try {
      return Integer.parseInt(Files.readSymbolicLink(proc.resolve("self")).getFileName().toString());
    } catch (IOException | RuntimeException none) {
      return -1;
    }
  }

  /** Whether the kernel tells the children of a process. */
  boolean hasChildren(int pid) {
    return Files.exists(at(pid, "task/" + pid + "/children"));
  }

  /** Returns the children of a process, each of which one of its threads has started. */
  List<Integer> children(int pid) {
    List<Integer> children = new ArrayList<>();
    String[] threads = at(pid, "task").toFile().list();
    for (String thread : threads == null ? new String[0] : threads) {
      String text = files.text(at(pid, "task/" + thread + "/children"));
      for (String word : text == null ? new String[0] : text.trim().split(" ")) {
        double child = SmallFile.number(word);
        if (child > 0) {
          children.add((int) child);
        }
      }
    }
    return children;
  }

  /** Returns what there is to know of a process; null if it has ended. */
  Process read(int pid) {
    return read(pid, null);
  }

  /** As {@link #read(int)}, of a process whose role is known whatever its program is called. */
  Process read(int pid, Role known) {
    String stat = files.text(at(pid, "stat"));
    String status = files.text(at(pid, "status"));
    // The name stands in parentheses and may hold anything, these too.
    int name = stat == null ? -1 : stat.lastIndexOf(')');
    String[] fields = name < 0 ? new String[0] : stat.substring(name + 1).trim().split(" ");
    // Z is one that has ended and that nobody has waited for.
    if (fields.length < 20 || status == null || fields[0].equals("Z")) {
      return null;
    }
    Role role = known != null ? known : role(pid, stat.substring(stat.indexOf('(') + 1, name));
    return new Process(
        pid,
        (int) SmallFile.number(fields[1]),
        (long) SmallFile.number(fields[19]),
        role,
        (SmallFile.number(fields[11]) + SmallFile.number(fields[12])) / TICKS_PER_SECOND,
        (SmallFile.number(fields[13]) + SmallFile.number(fields[14])) / TICKS_PER_SECOND,
        kibibytes(status, "VmRSS:"),
        kibibytes(status, "VmSwap:"),
        SmallFile.number(fields[17]),
        openFiles(pid),
        io(pid));
  }

  private Role role(int pid, String name) {
    Role role = Role.of(name);
    if (role != Role.OTHER) {
      return role;
    }
    try {
      // A script that names its interpreter is called as itself.
      return Role.of(Files.readSymbolicLink(at(pid, "exe")).getFileName().toString());
    } catch (IOException | RuntimeException unreadable) {
      return role;
    }
  }

  /** A thread of the kernel has no memory. */
  private static double kibibytes(String status, String key) {
    int at = status.indexOf("\n" + key);
    int unit = at < 0 ? -1 : status.indexOf(" kB", at);
    double number = unit < 0 ? 0 : SmallFile.number(status.substring(at + 1 + key.length(), unit));
    return number > 0 ? number * KIB : 0;
  }

  /** Only the process's own user, or root, may read it. */
  private Process.Io io(int pid) {
    String text = files.text(at(pid, "io"));
    return text == null
        ? Process.Io.UNKNOWN
        : new Process.Io(SmallFile.field(text, "read_bytes:"), SmallFile.field(text, "write_bytes:"));
  }

  private double openFiles(int pid) {
    String[] names = at(pid, "fd").toFile().list();
    return names == null ? 0 : names.length;
  }

  /** Returns the command line, its words separated by zero bytes; empty if it cannot be read. */
  String commandLine(int pid) {
    String text = files.text(at(pid, "cmdline"));
    return text == null ? "" : text;
  }

  private Path at(int pid, String name) {
    return proc.resolve(Integer.toString(pid)).resolve(name);
  }
}
