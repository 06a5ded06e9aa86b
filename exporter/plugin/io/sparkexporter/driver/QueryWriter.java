package io.sparkexporter.driver;

import static io.sparkexporter.json.Json.comma;
import static io.sparkexporter.json.Json.key;
import static io.sparkexporter.json.Json.text;

import java.util.List;

/** Writes streaming queries as docs/protocol.md has them. */
final class QueryWriter {
  private QueryWriter() {}

  static void write(StringBuilder out, List<Snapshot.Query> queries) {
    out.append('[');
    for (Snapshot.Query query : queries) {
      comma(out);
      write(out, query);
    }
    out.append(']');
  }

  private static void write(StringBuilder out, Snapshot.Query query) {
    out.append('{');
    text(key(out, "id"), query.id);
    text(key(out, "run_id"), query.runId);
    text(key(out, "name"), query.name);
    SnapshotWriter.writeTime(key(out, "started"), query.started);
    SnapshotWriter.writeTime(key(out, "terminated"), query.terminated);
    text(key(out, "exception"), query.exception);
    key(out, "stopped").append(query.stopped);
    key(out, "failed").append(query.failed);
    key(out, "jobs").append(query.jobs);
    key(out, "tasks").append(query.tasks);
    SnapshotWriter.writeTime(key(out, "idle"), query.idle);
    key(out, "totals").append('{');
    SnapshotWriter.writeNumbers(out, query.totals);
    out.append('}');
    String progress = query.progress == null ? null : query.progress.json();
    if (progress != null) {
      // Spark has written it; it is JSON already.
      key(out, "progress").append(progress);
    }
    out.append('}');
  }
}
