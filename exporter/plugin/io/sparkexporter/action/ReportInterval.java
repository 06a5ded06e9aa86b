package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import io.sparkexporter.report.Reporter;
import java.util.concurrent.TimeUnit;

/** Sets how often this JVM samples and reports. */
final class ReportInterval {
  private static final long LEAST_MILLIS = 100;
  private static final long MOST_MILLIS = TimeUnit.MINUTES.toMillis(1);

  private ReportInterval() {}

  static String set(Event event, Reporter reporter) throws EventFailed {
    Fields fields = Fields.of(event, "{\"interval\": \"2s\"}, from 100ms to 60s", "interval");
    long millis = fields.millis("interval", LEAST_MILLIS, MOST_MILLIS);
    long former = reporter.setIntervalMillis(millis);
    StringBuilder result = new StringBuilder("{");
    Json.number(Json.key(result, "seconds"), millis / 1e3);
    Json.number(Json.key(result, "former_seconds"), former / 1e3);
    return result.append('}').toString();
  }
}
