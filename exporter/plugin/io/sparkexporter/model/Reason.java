package io.sparkexporter.model;

import java.util.Locale;

/** Why something was dropped. The first five are counted by Python processes, in this order in a segment's header. */
public enum Reason {
  SERIES_LIMIT,
  LABEL_TOO_LONG,
  INVALID_VALUE,
  DEFINITION_CONFLICT,
  NO_SPACE,
  CORRUPT_SEGMENT,
  READING_LIMIT,
  INVALID_READING,
  SLOW_SOURCE,
  PROGRESS_TOO_LARGE,
  SQL_LIMIT,
  QUERY_LIMIT,
  UNREADABLE_SQL_METRIC;

  /** How many of the reasons stand in a segment's header. */
  public static final int IN_SEGMENT = 5;

  /** The word for it in JSON and in labels. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
