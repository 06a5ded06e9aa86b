package io.sparkexporter.driver;

import static io.sparkexporter.json.Json.comma;
import static io.sparkexporter.json.Json.key;
import static io.sparkexporter.json.Json.number;
import static io.sparkexporter.json.Json.text;

import io.sparkexporter.control.ControlSnapshot;
import io.sparkexporter.event.EventStatistics;

/** Writes what a snapshot shows of what came from outside. */
final class ControlWriter {
  private ControlWriter() {}

  /** Writes null where nothing can come. */
  static void write(StringBuilder out, ControlSnapshot control) {
    if (control == null) {
      out.append("null");
      return;
    }
    EventStatistics statistics = control.statistics();
    key(out.append('{'), "version").append(control.version());
    key(out, "events").append('[');
    statistics.each(
        (type, state, count) -> {
          comma(out);
          text(out.append('['), type);
          comma(out);
          text(out, state.label());
          out.append(',').append(count).append(']');
        });
    key(out.append(']'), "delivery").append('{');
    key(out, "bounds").append('[');
    for (double bound : statistics.bounds()) {
      comma(out);
      number(out, bound);
    }
    key(out.append(']'), "counts").append('[');
    for (long count : statistics.deliveries()) {
      comma(out);
      out.append(count);
    }
    number(key(out.append(']'), "sum"), statistics.deliverySeconds());
    out.append("}}");
  }
}
