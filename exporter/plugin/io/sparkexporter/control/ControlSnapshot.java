package io.sparkexporter.control;

import io.sparkexporter.event.EventStatistics;

/** What a snapshot shows of what came from outside. Nobody changes it once it is made. */
public final class ControlSnapshot {
  private final long version;
  private final EventStatistics statistics;

  ControlSnapshot(long version, EventStatistics statistics) {
    this.version = version;
    this.statistics = statistics;
  }

  /** Version of the live configuration. */
  public long version() {
    return version;
  }

  /** What has become of events. */
  public EventStatistics statistics() {
    return statistics;
  }
}
