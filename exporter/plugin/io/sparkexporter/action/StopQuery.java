package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;

/** Stops a streaming query, whatever session it runs in. */
final class StopQuery {
  private StopQuery() {}

  static String run(Event event) throws EventFailed, TimeoutException {
    Fields fields = Fields.of(event, "exactly one of {\"name\": \"orders\"}, {\"id\": \"UUID\"}", "name", "id");
    if (fields.count() != 1) {
      throw fields.refuse("there are " + fields.count() + " fields");
    }
    String name = fields.has("name") ? fields.text("name") : null;
    String id = name == null ? fields.text("id") : null;
    List<StreamingQuery> found = new ArrayList<>();
    for (StreamingQuery query : running()) {
      if (name == null ? query.id().toString().equals(id) : name.equals(query.name())) {
        found.add(query);
      }
    }
    if (found.size() != 1) {
      String which = name == null ? "the id " + Json.of(id) : "the name " + Json.of(name);
      throw new EventFailed(
          found.isEmpty()
              ? "no running query has " + which
              : found.size() + " running queries have " + which + "; use the id");
    }
    return stop(found.get(0));
  }

  private static String stop(StreamingQuery query) throws TimeoutException {
    query.stop();
    StringBuilder result = new StringBuilder("{");
    Json.text(Json.key(result, "id"), query.id().toString());
    Json.text(Json.key(result, "run_id"), query.runId().toString());
    Json.text(Json.key(result, "name"), query.name());
    return result.append('}').toString();
  }

  private static Collection<StreamingQuery> running() throws EventFailed {
    Set<StreamingQuery> queries = new LinkedHashSet<>();
    for (SparkSession session : SqlSessions.all()) {
      try {
        // No public way leads to the queries of sessions that nobody has at hand.
        Object all = session.sharedState().getClass().getMethod("activeStreamingQueries").invoke(session.sharedState());
        for (Object query : ((Map<?, ?>) all).values()) {
          queries.add((StreamingQuery) query);
        }
      } catch (ReflectiveOperationException | RuntimeException | LinkageError otherVersion) {
        queries.addAll(Arrays.asList(session.streams().active()));
      }
    }
    return queries;
  }
}
