package io.sparkexporter.live;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Changes that somebody wants, and the rules that they must fit. To check them takes its time, but no lock. */
public final class Proposal {
  private static final int MAX_COMPLAINTS = 10;

  private final Map<String, Object> changes;
  private final Long expected;
  private final Map<String, Rule> rules;

  Proposal(Map<String, Object> changes, Long expected, Map<String, Rule> rules) {
    this.changes = changes;
    this.expected = expected;
    this.rules = rules;
  }

  /** Returns the rules among these that count for the keys of some changes. */
  static Map<String, Rule> rulesFor(Map<String, Object> changes, Map<String, Rule> all) {
    Map<String, Rule> found = new LinkedHashMap<>();
    for (String key : changes.keySet()) {
      Rule rule = all.get(key);
      if (rule != null) {
        found.put(key, rule);
      }
    }
    return found;
  }

  Map<String, Object> changes() {
    return changes;
  }

  /** Null if the client does not care. */
  Long expected() {
    return expected;
  }

  /** Whether these are the rules that it was checked by. */
  boolean isFor(Map<String, Rule> present) {
    return rules.equals(rulesFor(changes, present));
  }

  /** Refuses what is no key, or does not fit its rule; all the patterns together may take a second. */
  public void check() throws LiveRefused {
    PatternCheck patterns = new PatternCheck();
    List<String> complaints = new ArrayList<>();
    for (Map.Entry<String, Object> change : changes.entrySet()) {
      Rule rule = rules.get(change.getKey());
      String complaint = Rule.badKey(change.getKey());
      if (complaint == null && rule != null && change.getValue() != null) {
        complaint = rule.complaint(change.getValue(), patterns);
      }
      if (complaint != null && complaints.size() < MAX_COMPLAINTS) {
        complaints.add(complaint);
      }
    }
    if (!complaints.isEmpty()) {
      throw LiveRefused.invalid(String.join("; ", complaints));
    }
  }
}
