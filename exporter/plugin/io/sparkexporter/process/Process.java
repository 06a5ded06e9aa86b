package io.sparkexporter.process;

/** What was seen of one process at one moment. Immutable. */
final class Process {
  final int pid;
  final int parent;
  /** Tells it from another process that has got the same number later. */
  final long start;
  final Role role;
  /** Seconds. */
  final double cpu;
  final double rss;
  final double swap;
  final double threads;
  final double openFiles;

  Process(
      int pid,
      int parent,
      long start,
      Role role,
      double cpu,
      double rss,
      double swap,
      double threads,
      double openFiles) {
    this.pid = pid;
    this.parent = parent;
    this.start = start;
    this.role = role;
    this.cpu = cpu;
    this.rss = rss;
    this.swap = swap;
    this.threads = threads;
    this.openFiles = openFiles;
  }
}
