package io.sparkexporter.driver;

import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * Hears the events of streaming queries of all sessions.
 *
 * <p>They are classes of Spark SQL, which an application may not have: what knows them is loaded with the first of them.
 */
final class QueryListener extends SparkListener {
  private static final String EVENTS = "org.apache.spark.sql.streaming.StreamingQueryListener$";

  private final ApplicationStore store;
  private QueryEvents events;

  QueryListener(ApplicationStore store) {
    this.store = store;
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    if (event.getClass().getName().startsWith(EVENTS)) {
      if (events == null) {
        events = new QueryEvents(store);
      }
      events.on(event);
    }
  }
}
