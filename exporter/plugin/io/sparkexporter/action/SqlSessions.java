package io.sparkexporter.action;

import io.sparkexporter.event.EventFailed;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** The sessions of Spark SQL that can be found: the default one, and the one that is active where this is called. */
final class SqlSessions {
  private SqlSessions() {}

  static List<SparkSession> all() throws EventFailed {
    List<SparkSession> sessions = new ArrayList<>();
    add(sessions, SparkSession.getDefaultSession());
    add(sessions, SparkSession.getActiveSession());
    if (sessions.isEmpty()) {
      throw new EventFailed("there is no session of Spark SQL");
    }
    return sessions;
  }

  private static void add(List<SparkSession> sessions, Option<SparkSession> session) {
    if (session.isDefined() && !sessions.contains(session.get()) && !session.get().sparkContext().isStopped()) {
      sessions.add(session.get());
    }
  }
}
