package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/** Collects the garbage of this JVM. */
final class Gc {
  private Gc() {}

  static String run(Event event) throws EventFailed {
    Fields.of(event, "{}");
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long before = memory.getHeapMemoryUsage().getUsed();
    long start = System.nanoTime();
    memory.gc();
    double seconds = (System.nanoTime() - start) / 1e9;
    StringBuilder result = new StringBuilder("{");
    Json.key(result, "heap_bytes_before").append(before);
    Json.key(result, "heap_bytes_after").append(memory.getHeapMemoryUsage().getUsed());
    Json.number(Json.key(result, "seconds"), seconds);
    return result.append('}').toString();
  }
}
