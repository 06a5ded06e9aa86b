package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.control.AuditLog;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.json.Json;
import io.sparkexporter.message.Deadlines;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;

/**
 * Sets the level of a logger, for ever or for a time.
 *
 * <p>When the time of a level is over, what was set before it counts again: another level whose time is not over, or the last
 * one that was set for ever. If somebody else has changed the level meanwhile, it stays as it is.
 */
final class LogLevels {
  private static final String EXPECTED =
      "{\"level\": \"DEBUG\"}, with \"logger\": \"org.apache.spark\" unless the root logger is meant,"
          + " and with \"for\": \"5m\" if the former level is to return";
  private static final long MAX_MILLIS = TimeUnit.DAYS.toMillis(30);
  private static final String ROOT = "root";

  private final Deadlines deadlines;
  private final Map<String, Temporary> temporary = new HashMap<>();

  /** The levels of one logger whose time is not over. */
  private static final class Temporary {
    /** What counts when there are none; null if the logger then has no level of its own. */
    final Level lasting;
    final List<Span> levels = new ArrayList<>();

    Temporary(Level lasting) {
      this.lasting = lasting;
    }
  }

  private static final class Span {
    final Level level;

    Span(Level level) {
      this.level = level;
    }
  }

  LogLevels(Deadlines deadlines) {
    this.deadlines = deadlines;
  }

  String set(Event event) throws EventFailed {
    Fields fields = Fields.of(event, EXPECTED, "level", "logger", "for");
    Level level = Level.getLevel(fields.text("level").toUpperCase(Locale.ROOT));
    if (level == null) {
      throw fields.refuse(Json.of(fields.text("level")) + " is none of OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE, ALL");
    }
    String given = fields.has("logger") && !"".equals(fields.value("logger")) ? fields.text("logger") : ROOT;
    String logger = given.equals(ROOT) ? LogManager.ROOT_LOGGER_NAME : given;
    if (logger.equals(AuditLog.NAME)) {
      throw new EventFailed(
          "the level of " + AuditLog.NAME + " cannot be set from outside; it is for the Log4j configuration to say");
    }
    AuditLog.keepLevel();
    long millis = fields.has("for") ? fields.millis("for", 1, MAX_MILLIS) : 0;
    Level former = set(logger, level, millis);
    StringBuilder result = new StringBuilder("{");
    Json.text(Json.key(result, "logger"), given);
    Json.text(Json.key(result, "level"), level.name());
    Json.text(Json.key(result, "former"), former.name());
    return result.append('}').toString();
  }

  private synchronized Level set(String logger, Level level, long millis) throws EventFailed {
    LoggerContext context = context();
    Level former = context.getConfiguration().getLoggerConfig(logger).getLevel();
    if (millis == 0) {
      temporary.remove(logger);
      apply(context, logger, level);
      return former;
    }
    Temporary known = temporary.get(logger);
    if (known == null || isChanged(context, logger, known)) {
      known = new Temporary(own(context.getConfiguration(), logger));
      temporary.put(logger, known);
    }
    Temporary levels = known;
    Span added = new Span(level);
    levels.levels.add(added);
    apply(context, logger, level);
    deadlines.after(millis, () -> end(logger, levels, added));
    return former;
  }

  private static LoggerContext context() throws EventFailed {
    Object context = LogManager.getContext(false);
    if (!(context instanceof LoggerContext)) {
      throw new EventFailed("this JVM does not log by Log4j 2, so the plugin cannot set the level");
    }
    return (LoggerContext) context;
  }

  /** Level that the logger has of its own, or null. */
  private static Level own(Configuration configuration, String logger) {
    LoggerConfig config = configuration.getLoggerConfig(logger);
    return config.getName().equals(logger) ? config.getLevel() : null;
  }

  private static boolean isChanged(LoggerContext context, String logger, Temporary levels) {
    Level present = own(context.getConfiguration(), logger);
    return !levels.levels.get(levels.levels.size() - 1).level.equals(present);
  }

  /** With null the logger has no level of its own any more. */
  private static void apply(LoggerContext context, String logger, Level level) {
    Configuration configuration = context.getConfiguration();
    LoggerConfig config = configuration.getLoggerConfig(logger);
    if (level == null) {
      configuration.removeLogger(logger);
    } else if (config.getName().equals(logger)) {
      config.setLevel(level);
    } else {
      configuration.addLogger(logger, new LoggerConfig(logger, level, true));
    }
    context.updateLoggers();
  }

  private synchronized void end(String logger, Temporary levels, Span over) {
    if (temporary.get(logger) != levels) {
      // A level that was set for ever meanwhile has ended them all.
      return;
    }
    try {
      LoggerContext context = context();
      boolean changed = isChanged(context, logger, levels);
      levels.levels.remove(over);
      int left = levels.levels.size();
      if (changed || left == 0) {
        temporary.remove(logger);
      }
      if (!changed) {
        apply(context, logger, left == 0 ? levels.lasting : levels.levels.get(left - 1).level);
      }
    } catch (EventFailed impossible) {
      temporary.remove(logger);
    }
  }
}
