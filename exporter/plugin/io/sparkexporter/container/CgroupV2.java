package io.sparkexporter.container;

import static io.sparkexporter.reading.SmallFile.field;
import static io.sparkexporter.reading.SmallFile.number;

import io.sparkexporter.reading.Readings;

/** Reads a cgroup of version 2. */
final class CgroupV2 {
  private static final double MICRO = 1e-6;
  private static final String[] RESOURCES = {"cpu", "memory", "io"};

  private final CgroupDirectory cgroup;

  CgroupV2(CgroupDirectory cgroup) {
    this.cgroup = cgroup;
  }

  void read(Readings into) {
    readMemory(into);
    readProcessor(into);
    into.set("container.pids.current", cgroup.number("pids.current"));
    into.set("container.pids.limit", cgroup.least(level -> number(level.text("pids.max"))));
    readDevices(into);
    for (String resource : RESOURCES) {
      readPressure(into, resource);
    }
  }

  private void readMemory(Readings into) {
    String stat = cgroup.text("memory.stat");
    double usage = cgroup.number("memory.current");
    into.set("container.memory.usage", usage);
    into.set("container.memory.working_set", Math.max(0, usage - field(stat, "inactive_file")));
    into.set("container.memory.rss", field(stat, "anon"));
    into.set("container.memory.cache", field(stat, "file"));
    into.set("container.memory.swap", cgroup.number("memory.swap.current"));
    into.set("container.memory.limit", cgroup.least(level -> number(level.text("memory.max"))));
    String events = cgroup.text("memory.events");
    into.set("container.memory.oom_events", field(events, "oom"));
    into.set("container.memory.oom_kills", field(events, "oom_kill"));
  }

  private void readProcessor(Readings into) {
    String stat = cgroup.text("cpu.stat");
    into.set("container.cpu.usage", field(stat, "usage_usec") * MICRO);
    into.set("container.cpu.user", field(stat, "user_usec") * MICRO);
    into.set("container.cpu.system", field(stat, "system_usec") * MICRO);
    into.set("container.cpu.periods", field(stat, "nr_periods"));
    into.set("container.cpu.throttled_periods", field(stat, "nr_throttled"));
    into.set("container.cpu.throttled", field(stat, "throttled_usec") * MICRO);
    into.set("container.cpu.limit", cgroup.least(level -> cores(level.text("cpu.max"))));
  }

  /** Of the form {@code "max 100000"} or {@code "50000 100000"}: time in each period. */
  private static double cores(String max) {
    String[] parts = max == null ? new String[0] : max.trim().split(" ");
    return parts.length == 2 ? number(parts[0]) / number(parts[1]) : Double.NaN;
  }

  private void readDevices(Readings into) {
    String stat = cgroup.text("io.stat");
    if (stat == null) {
      return;
    }
    // Lines of the form "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0"
    into.set("container.io.read_bytes", sum(stat, "rbytes="));
    into.set("container.io.written_bytes", sum(stat, "wbytes="));
    into.set("container.io.reads", sum(stat, "rios="));
    into.set("container.io.writes", sum(stat, "wios="));
  }

  private static double sum(String stat, String key) {
    double sum = 0;
    for (String word : stat.split("\\s+")) {
      double one = word.startsWith(key) ? number(word.substring(key.length())) : 0;
      sum += Double.isNaN(one) ? 0 : one;
    }
    return sum;
  }

  private void readPressure(Readings into, String resource) {
    String text = cgroup.text(resource + ".pressure");
    for (String line : text == null ? new String[0] : text.split("\n")) {
      // "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
      int total = line.indexOf(" total=");
      String kind = line.startsWith("some ") ? "some" : line.startsWith("full ") ? "full" : null;
      if (kind != null && total > 0) {
        String name = "container.pressure." + resource + "." + kind;
        into.set(name, number(line.substring(total + 7)) * MICRO);
      }
    }
  }
}
