package io.sparkexporter.report;

/** What takes part in the reports of one JVM for what comes from outside. Used by one thread. */
public interface ControlExchange {
  /** Returns what the driver has to know, as of now. */
  ControlReport next();

  /** Takes in what the driver says to that; returns whether the driver is to hear of it at once. */
  boolean accept(ControlReply reply);
}
