package io.sparkexporter.live;

import io.sparkexporter.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The live configuration of the application, in the driver. Guarded by its owner. */
public final class LiveStore {
  /** Most keys, and most declared keys. */
  public static final int MAX_KEYS = 1000;
  /** Most bytes of JSON, keys included. */
  public static final int MAX_BYTES = 256 << 10;

  private static final Pattern KEY = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,127}");
  private static final int MAX_COMPLAINTS = 10;
  private static final int MAX_REMOVED = 1000;

  private final Map<String, Entry> entries = new TreeMap<>();
  /** Version at which a key was removed, the oldest one first. */
  private final Map<String, Long> removed = new LinkedHashMap<>();
  private final Map<String, Rule> rules = new TreeMap<>();
  private long version;
  /** Whoever holds something older gets everything, for it is not known any more which keys he must remove. */
  private long removedKnownFrom;

  /** One key's value. */
  private static final class Entry {
    final Object value;
    final String json;
    final long version;

    Entry(Object value, String json, long version) {
      this.value = value;
      this.json = json;
      this.version = version;
    }
  }

  /** Version of the present state; 0 as long as nothing was ever set. */
  public long version() {
    return version;
  }

  /** Returns all values as one JSON object. */
  public String valuesJson() {
    StringBuilder out = new StringBuilder("{");
    entries.forEach((key, entry) -> Json.key(out, key).append(entry.json));
    return out.append('}').toString();
  }

  /** Returns the rules of all declared keys, as they were given, as one JSON object. */
  public String rulesJson() {
    Map<String, Object> sources = new LinkedHashMap<>();
    rules.forEach((key, rule) -> sources.put(key, rule.source()));
    return Json.of(sources);
  }

  /**
   * Changes some values, or none at all.
   *
   * @param changes values as JsonReader gives them; null removes a key
   * @param expected version that the client believes to be the present one; null if he does not care
   * @return the keys that really change; then the version is one higher
   */
  public List<String> patch(Map<String, Object> changes, Long expected) throws LiveRefused {
    if (expected != null && expected != version) {
      throw LiveRefused.conflict("the configuration has version " + version + ", not " + expected);
    }
    check(changes);
    Map<String, Entry> newer = new TreeMap<>();
    for (Map.Entry<String, Object> change : changes.entrySet()) {
      Object value = change.getValue();
      Entry present = entries.get(change.getKey());
      if (!Objects.equals(value, present == null ? null : present.value)) {
        newer.put(change.getKey(), new Entry(value, value == null ? null : Json.of(value), version + 1));
      }
    }
    if (!newer.isEmpty()) {
      checkSize(newer);
      version++;
      newer.forEach(this::put);
    }
    return new ArrayList<>(newer.keySet());
  }

  private void check(Map<String, Object> changes) throws LiveRefused {
    List<String> complaints = new ArrayList<>();
    for (Map.Entry<String, Object> change : changes.entrySet()) {
      Rule rule = rules.get(change.getKey());
      String complaint = badKey(change.getKey());
      if (complaint == null && rule != null && change.getValue() != null) {
        complaint = rule.complaint(change.getValue());
      }
      if (complaint != null && complaints.size() < MAX_COMPLAINTS) {
        complaints.add(complaint);
      }
    }
    if (!complaints.isEmpty()) {
      throw LiveRefused.invalid(String.join("; ", complaints));
    }
  }

  private static String badKey(String key) {
    if (KEY.matcher(key).matches()) {
      return null;
    }
    String shown = key.length() <= 100 ? key : key.substring(0, 100) + "...";
    return "the key " + Json.of(shown) + " does not match " + KEY.pattern();
  }

  /** Refuses what cannot be a key. */
  static void checkKey(String key) throws LiveRefused {
    String bad = badKey(key);
    if (bad != null) {
      throw LiveRefused.invalid(bad);
    }
  }

  private void checkSize(Map<String, Entry> newer) throws LiveRefused {
    Map<String, Entry> all = new TreeMap<>(entries);
    all.putAll(newer);
    all.values().removeIf(entry -> entry.json == null);
    if (all.size() > MAX_KEYS) {
      throw LiveRefused.invalid("the configuration would have " + all.size() + " keys; at most " + MAX_KEYS);
    }
    long bytes = 2;
    for (Map.Entry<String, Entry> entry : all.entrySet()) {
      bytes += entry.getKey().length() + 4 + entry.getValue().json.getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > MAX_BYTES) {
      throw LiveRefused.invalid("the configuration would have " + bytes + " bytes of JSON; at most " + MAX_BYTES);
    }
  }

  private void put(String key, Entry entry) {
    removed.remove(key);
    if (entry.json != null) {
      entries.put(key, entry);
      return;
    }
    entries.remove(key);
    removed.put(key, entry.version);
    if (removed.size() > MAX_REMOVED) {
      String oldest = removed.keySet().iterator().next();
      removedKnownFrom = removed.remove(oldest);
    }
  }

  /** Returns what makes the present state out of that of an older version; null if it is not older. */
  public LiveChange since(long held) {
    if (held >= version) {
      return null;
    }
    boolean whole = held < removedKnownFrom || held == 0;
    Map<String, String> changed = new LinkedHashMap<>();
    entries.forEach(
        (key, entry) -> {
          if (whole || entry.version > held) {
            changed.put(key, entry.json);
          }
        });
    if (!whole) {
      removed.forEach(
          (key, at) -> {
            if (at > held) {
              changed.put(key, null);
            }
          });
    }
    return new LiveChange(version, whole, changed);
  }

  /**
   * Declares what a key accepts from now on.
   *
   * @throws LiveRefused if the rule is none, or the present value does not fit; in the latter case the rule counts all the same
   */
  public void declare(String key, Map<String, Object> rule) throws LiveRefused {
    checkKey(key);
    Rule made = Rule.of(key, rule);
    if (rules.size() >= MAX_KEYS && !rules.containsKey(key)) {
      throw LiveRefused.invalid("there are " + MAX_KEYS + " declared keys already");
    }
    rules.put(key, made);
    Entry present = entries.get(key);
    String complaint = present == null ? null : made.complaint(present.value);
    if (complaint != null) {
      throw LiveRefused.misfit(complaint);
    }
  }
}
