package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import java.lang.reflect.Method;
import org.apache.spark.sql.SparkSession;

/** Frees what Spark SQL has cached. */
final class Uncache {
  private Uncache() {}

  static String run(Event event) throws EventFailed {
    Fields fields = Fields.of(event, "{\"table\": \"name\"}, or {} for all", "table");
    String table = fields.has("table") ? fields.text("table") : null;
    // The cache is one for all sessions; the names of temporary views are the session's own.
    SparkSession session = SqlSessions.all().get(0);
    Integer before = cached(session);
    if (table == null) {
      session.catalog().clearCache();
    } else {
      session.catalog().uncacheTable(table);
    }
    Integer after = cached(session);
    return "{\"uncached\":" + (before == null || after == null ? null : (Integer) (before - after)) + '}';
  }

  /** How much is cached; null if this version of Spark does not say. */
  private static Integer cached(SparkSession session) {
    try {
      Object manager = session.sharedState().cacheManager();
      for (Method method : manager.getClass().getDeclaredMethods()) {
        if (method.getName().equals("numCachedEntries")) {
          return (Integer) method.invoke(manager);
        }
      }
      // Before Spark 4.
      Method entries = manager.getClass().getDeclaredMethod("cachedData");
      entries.setAccessible(true);
      return ((scala.collection.Seq<?>) entries.invoke(manager)).length();
    } catch (ReflectiveOperationException | RuntimeException | LinkageError other) {
      return null;
    }
  }
}
