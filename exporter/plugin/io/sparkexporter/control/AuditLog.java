package io.sparkexporter.control;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log of who has done what from outside. */
public final class AuditLog {
  /** Name of its logger. */
  public static final String NAME = "io.sparkexporter.audit";

  private static final Logger LOG = LoggerFactory.getLogger(NAME);

  private AuditLog() {}

  /** Writes a line at level INFO. */
  static void write(String line) {
    keepLevel();
    LOG.info(line);
  }

  /** Gives the logger a level of its own, so that those of the loggers above it do not silence it. */
  public static void keepLevel() {
    try {
      AuditLevel.keep();
    } catch (RuntimeException | LinkageError otherLogging) {
      // Not Log4j 2, or another one than Spark's: what is configured there counts.
    }
  }
}
