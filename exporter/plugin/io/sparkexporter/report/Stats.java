package io.sparkexporter.report;

import io.sparkexporter.model.Reason;
import io.sparkexporter.sample.Sampler;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the plugin says about itself in one JVM: plain numbers, and what was dropped by reason. Immutable. */
public final class Stats {
  /** Of a JVM that has not reported yet. */
  public static final Stats NONE = new Stats(Collections.emptyMap(), Collections.emptyMap());

  private final Map<String, Double> numbers;
  private final Map<String, Double> dropped;

  Stats(Map<String, Double> numbers, Map<String, Double> dropped) {
    this.numbers = Collections.unmodifiableMap(numbers);
    this.dropped = Collections.unmodifiableMap(dropped);
  }

  static Stats of(Sampler sampler, int series, long reportFailures) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("samples", (double) sampler.samples());
    numbers.put("sample_seconds", sampler.seconds());
    numbers.put("sample_failures", (double) sampler.failures());
    numbers.put("series", (double) series);
    numbers.put("segments", (double) sampler.segments());
    numbers.put("readings", (double) sampler.readings().table().present());
    numbers.put("reading_seconds", sampler.readings().seconds());
    numbers.put("report_failures", (double) reportFailures);
    Map<String, Double> dropped = new LinkedHashMap<>();
    for (Reason reason : Reason.values()) {
      dropped.put(reason.label(), sampler.dropped(reason));
    }
    return new Stats(numbers, dropped);
  }

  /** Statistics by name. */
  public Map<String, Double> numbers() {
    return numbers;
  }

  /** What was dropped, by reason. */
  public Map<String, Double> dropped() {
    return dropped;
  }
}
