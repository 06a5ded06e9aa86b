package io.sparkexporter.control;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;

/** The level of the audit log in Log4j 2: apart from {@link AuditLog}, because Log4j may not be there. */
final class AuditLevel {
  /** The logger above, which is the plugin's, too: whoever configures it means the audit log as well. */
  private static final String PARENT = "io.sparkexporter";

  private AuditLevel() {}

  /** Does nothing if the logger has a level of its own already: the user's, or one from before. */
  static void keep() {
    Object found = LogManager.getContext(false);
    if (!(found instanceof LoggerContext)) {
      return;
    }
    LoggerContext context = (LoggerContext) found;
    Configuration configuration = context.getConfiguration();
    LoggerConfig present = configuration.getLoggerConfig(AuditLog.NAME);
    if (present.getName().equals(AuditLog.NAME)) {
      return;
    }
    Level level = present.getName().equals(PARENT) ? present.getLevel() : Level.INFO;
    configuration.addLogger(AuditLog.NAME, new LoggerConfig(AuditLog.NAME, level, true));
    context.updateLoggers();
  }
}
