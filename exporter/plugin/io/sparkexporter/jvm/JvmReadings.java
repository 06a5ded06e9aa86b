package io.sparkexporter.jvm;

import com.sun.management.OperatingSystemMXBean;
import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.Readings;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Locale;

/** What the JVM says about itself beyond what Spark's own source has. */
public final class JvmReadings implements ReadingSource {
  private static final Thread.State[] STATES = Thread.State.values();

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
  private final RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
  private final java.lang.management.OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
  private final String[] stateNames = new String[STATES.length];

  /** Reads this JVM. */
  public JvmReadings() {
    for (Thread.State state : STATES) {
      stateNames[state.ordinal()] = "jvm.threads.state." + state.name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public void read(Readings into) {
    into.set("jvm.threads.count", threads.getThreadCount());
    into.set("jvm.threads.daemon", threads.getDaemonThreadCount());
    into.set("jvm.threads.peak", threads.getPeakThreadCount());
    into.set("jvm.threads.started", threads.getTotalStartedThreadCount());
    readStates(into);
    into.set("jvm.classes.loaded", classes.getLoadedClassCount());
    into.set("jvm.classes.total", classes.getTotalLoadedClassCount());
    into.set("jvm.classes.unloaded", classes.getUnloadedClassCount());
    into.set("jvm.uptime", runtime.getUptime() / 1e3);
    into.set("jvm.processors", system.getAvailableProcessors());
    if (system instanceof OperatingSystemMXBean) {
      readProcessor(into, (OperatingSystemMXBean) system);
    }
  }

  private void readStates(Readings into) {
    int[] counts = new int[STATES.length];
    // Without stacks and locks this needs no stop of the JVM.
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null) {
        counts[thread.getThreadState().ordinal()]++;
      }
    }
    for (int i = 0; i < counts.length; i++) {
      into.set(stateNames[i], counts[i]);
    }
  }

  private static void readProcessor(Readings into, OperatingSystemMXBean system) {
    double load = system.getProcessCpuLoad();
    // Negative means not known, as in the first moments.
    into.set("jvm.cpu.load", load < 0 ? Double.NaN : load);
    long nanos = system.getProcessCpuTime();
    into.set("jvm.cpu.time", nanos < 0 ? Double.NaN : nanos / 1e9);
  }
}
