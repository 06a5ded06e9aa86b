package io.sparkexporter.process;

/** What was seen of one process at one moment. Immutable. */
final class Process {
  /** Bytes from and to storage, those of ended children that it has waited for included; NaN if it does not tell. */
  static final class Io {
    static final Io UNKNOWN = new Io(Double.NaN, Double.NaN);

    final double read;
    final double written;

    Io(double read, double written) {
      this.read = read;
      this.written = written;
    }
  }

  final int pid;
  final int parent;
  /** Tells it from another process that has got the same number later. */
  final long start;
  final Role role;
  /** Seconds of its own. */
  final double cpu;
  /** Seconds of its ended children that it has waited for, and of theirs. */
  final double waited;
  final double rss;
  final double swap;
  final double threads;
  final double openFiles;
  final Io io;

  Process(
      int pid,
      int parent,
      long start,
      Role role,
      double cpu,
      double waited,
      double rss,
      double swap,
      double threads,
      double openFiles,
      Io io) {
    this.pid = pid;
    this.parent = parent;
    this.start = start;
    this.role = role;
    this.cpu = cpu;
    this.waited = waited;
    this.rss = rss;
    this.swap = swap;
    this.threads = threads;
    this.openFiles = openFiles;
    this.io = io;
  }

  /** Returns the same in another role. */
  Process as(Role other) {
    return new Process(pid, parent, start, other, cpu, waited, rss, swap, threads, openFiles, io);
  }

  /** Returns the same without what its children have used. */
  Process alone() {
    return new Process(pid, parent, start, role, cpu, 0, rss, swap, threads, openFiles, io);
  }

  /** Returns the CPU time to account for it: all that is below Python is Python's, and only of Python is that so. */
  double used() {
    return role == Role.PYTHON ? cpu + waited : cpu;
  }
}
