package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.function.Supplier;

/** Refuses what is meant for another application: its driver may have had this port before. */
final class Addressed implements Requests.Answerer {
  private static final String HEADER = "Spark-Exporter-Application";
  private static final int SHOWN = 200;

  private final Requests.Answerer answerer;
  private final Supplier<SnapshotWriter> writer;

  /**
   * Lets somebody answer the other requests.
   *
   * @param writer gives null as long as the application has no id
   */
  Addressed(Requests.Answerer answerer, Supplier<SnapshotWriter> writer) {
    this.answerer = answerer;
    this.writer = writer;
  }

  @Override
  public void answer(HttpExchange exchange) throws BadRequest, InterruptedException, IOException {
    String meant = exchange.getRequestHeaders().getFirst(HEADER);
    if (meant != null) {
      SnapshotWriter known = writer.get();
      String own = known == null ? "an application without an id" : known.applicationId();
      if (!meant.equals(own)) {
        String shown = meant.length() <= SHOWN ? meant : meant.substring(0, SHOWN) + "...";
        throw new BadRequest(409, "this is the driver of " + own + ", not of " + shown);
      }
    }
    answerer.answer(exchange);
  }
}
