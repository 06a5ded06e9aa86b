package io.sparkexporter.conf;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The types of events that the plugin itself handles, and what else can be allowed from outside. */
public final class EventTypes {
  /** Types that the plugin handles; any other type is the user's own. */
  public static final List<String> BUILT_IN =
      Collections.unmodifiableList(
          Arrays.asList("log-level", "report-interval", "sql-conf", "uncache", "cancel", "stop-query", "gc"));
  /** Those that only the driver can handle. */
  private static final List<String> OF_DRIVER =
      Collections.unmodifiableList(Arrays.asList("sql-conf", "uncache", "cancel", "stop-query"));
  /** The word that allows changes of the live configuration. */
  public static final String CONFIG = "config";
  /** The word that allows events that are not built in. */
  public static final String CUSTOM = "custom";

  private EventTypes() {}

  /** Returns the word that allows events of a type. */
  public static String wordFor(String type) {
    return BUILT_IN.contains(type) ? type : CUSTOM;
  }

  /** Whether only the driver can handle events of a type. */
  public static boolean isOfDriver(String type) {
    return OF_DRIVER.contains(type);
  }

  static String pattern() {
    return CONFIG + '|' + CUSTOM + '|' + String.join("|", BUILT_IN);
  }

  static String expected() {
    return CONFIG + ", " + CUSTOM + ", " + String.join(", ", BUILT_IN);
  }
}
