package io.sparkexporter.container;

import static io.sparkexporter.reading.SmallFile.field;
import static io.sparkexporter.reading.SmallFile.number;

import io.sparkexporter.reading.Readings;
import java.util.Map;

/** Reads the cgroups of version 1, one directory for each controller. */
final class CgroupV1 {
  private static final double NANO = 1e-9;
  /** The kernel counts in these whatever its own clock is. */
  private static final double TICKS_PER_SECOND = 100;
  /** No limit is written as the largest number of whole pages. */
  private static final double NO_LIMIT = 0x1p62;

  private final Map<String, CgroupDirectory> controllers;

  /** Reads the directories of the controllers that are mounted in version 1. */
  CgroupV1(Map<String, CgroupDirectory> controllers) {
    this.controllers = controllers;
  }

  void read(Readings into) {
    readMemory(into, controllers.get("memory"));
    readUsage(into, controllers.get("cpuacct"));
    readQuota(into, controllers.get("cpu"));
    readTasks(into, controllers.get("pids"));
    readDevices(into, controllers.get("blkio"));
  }

  private static void readMemory(Readings into, CgroupDirectory memory) {
    if (memory == null) {
      return;
    }
    String stat = memory.text("memory.stat");
    double usage = memory.number("memory.usage_in_bytes");
    into.set("container.memory.usage", usage);
    into.set("container.memory.working_set", Math.max(0, usage - field(stat, "total_inactive_file")));
    into.set("container.memory.rss", field(stat, "total_rss"));
    into.set("container.memory.cache", field(stat, "total_cache"));
    into.set("container.memory.swap", field(stat, "total_swap"));
    // The second one knows of cgroups above that cannot be seen.
    double limit =
        memory.least(
            level ->
                Math.min(
                    orNone(number(level.text("memory.limit_in_bytes"))),
                    orNone(field(level.text("memory.stat"), "hierarchical_memory_limit"))));
    into.set("container.memory.limit", limit < NO_LIMIT ? limit : Double.NaN);
    into.set("container.memory.oom_kills", field(memory.text("memory.oom_control"), "oom_kill"));
  }

  private static double orNone(double limit) {
    return Double.isNaN(limit) ? Double.MAX_VALUE : limit;
  }

  private static void readUsage(Readings into, CgroupDirectory cpuacct) {
    if (cpuacct == null) {
      return;
    }
    String stat = cpuacct.text("cpuacct.stat");
    into.set("container.cpu.usage", cpuacct.number("cpuacct.usage") * NANO);
    into.set("container.cpu.user", field(stat, "user") / TICKS_PER_SECOND);
    into.set("container.cpu.system", field(stat, "system") / TICKS_PER_SECOND);
  }

  private static void readQuota(Readings into, CgroupDirectory cpu) {
    if (cpu == null) {
      return;
    }
    String stat = cpu.text("cpu.stat");
    into.set("container.cpu.periods", field(stat, "nr_periods"));
    into.set("container.cpu.throttled_periods", field(stat, "nr_throttled"));
    into.set("container.cpu.throttled", field(stat, "throttled_time") * NANO);
    into.set(
        "container.cpu.limit",
        cpu.least(
            level -> {
              double quota = number(level.text("cpu.cfs_quota_us"));
              return quota > 0 ? quota / number(level.text("cpu.cfs_period_us")) : Double.NaN;
            }));
  }

  private static void readTasks(Readings into, CgroupDirectory pids) {
    if (pids != null) {
      into.set("container.pids.current", pids.number("pids.current"));
      into.set("container.pids.limit", pids.least(level -> number(level.text("pids.max"))));
    }
  }

  private static void readDevices(Readings into, CgroupDirectory blkio) {
    if (blkio != null) {
      String bytes = recursive(blkio, "blkio.throttle.io_service_bytes");
      into.set("container.io.read_bytes", sum(bytes, "Read"));
      into.set("container.io.written_bytes", sum(bytes, "Write"));
      String operations = recursive(blkio, "blkio.throttle.io_serviced");
      into.set("container.io.reads", sum(operations, "Read"));
      into.set("container.io.writes", sum(operations, "Write"));
    }
  }

  private static String recursive(CgroupDirectory blkio, String name) {
    String withChildren = blkio.text(name + "_recursive");
    return withChildren == null ? blkio.text(name) : withChildren;
  }

  /** Adds up lines of the form {@code "8:0 Read 4096"}. */
  private static double sum(String text, String kind) {
    if (text == null) {
      return Double.NaN;
    }
    double sum = 0;
    for (String line : text.split("\n")) {
      String[] words = line.split(" ");
      double one = words.length == 3 && words[1].equals(kind) ? number(words[2]) : 0;
      sum += Double.isNaN(one) ? 0 : one;
    }
    return sum;
  }
}
