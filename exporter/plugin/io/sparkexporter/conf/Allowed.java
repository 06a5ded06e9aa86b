package io.sparkexporter.conf;

import java.util.ArrayList;
import java.util.List;

/** What is allowed from outside by a list in which some words are wrong: the others, and not the default, which may be more. */
final class Allowed {
  private static final int MAX_NAMED = 10;

  private final String given;
  private final List<String> known = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();

  Allowed(String given) {
    this.given = given;
    for (String word : given.trim().split("\\s*,\\s*", -1)) {
      boolean fits = !word.isEmpty() && Setting.EVENTS_ALLOW.parse(word) != null;
      (fits ? known : unknown).add(fits ? word : Settings.quote(word));
    }
  }

  /** Returns the good words, as a setting has them. */
  String known() {
    return String.join(",", known);
  }

  /** Returns a sentence for the log. */
  String complaint() {
    String named = String.join(", ", unknown.subList(0, Math.min(MAX_NAMED, unknown.size())));
    return Setting.EVENTS_ALLOW.key() + "=" + Settings.quote(given) + ": expected " + Setting.EVENTS_ALLOW.expected()
        + "; without " + named + ", this allows " + (known.isEmpty() ? "nothing" : known());
  }
}
