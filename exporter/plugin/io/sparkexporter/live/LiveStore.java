package io.sparkexporter.live;

import io.sparkexporter.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The live configuration of the application, in the driver. Guarded by its owner; what takes its time is no part of it. */
public final class LiveStore {
  /** Most keys, and most declared keys. */
  public static final int MAX_KEYS = 1000;
  /** Most bytes of JSON, keys included. */
  public static final int MAX_BYTES = 256 << 10;

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
   * Returns what is to be checked before it is {@link #patch made}.
   *
   * @param changes values as JsonReader gives them; null removes a key
   * @param expected version that the client believes to be the present one; null if he does not care
   */
  public Proposal propose(Map<String, Object> changes, Long expected) throws LiveRefused {
    checkVersion(expected);
    return new Proposal(changes, expected, Proposal.rulesFor(changes, rules));
  }

  private void checkVersion(Long expected) throws LiveRefused {
    if (expected != null && expected != version) {
      throw LiveRefused.conflict("the configuration has version " + version + ", not " + expected);
    }
  }

  /**
   * Changes some values, or none at all.
   *
   * @param proposal which was checked
   * @return the keys that really change, and then the version is one higher; null if other rules count by now, so that it must be
   *     proposed and checked again
   */
  public List<String> patch(Proposal proposal) throws LiveRefused {
    checkVersion(proposal.expected());
    if (!proposal.isFor(rules)) {
      return null;
    }
    Map<String, Object> changes = proposal.changes();
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
   * Declares what a key accepts from now on, whether the present value does or not.
   *
   * @return the present value, which is to be {@link Rule#checkPresent checked}; null if there is none
   */
  public Object declare(Rule rule) throws LiveRefused {
    String key = rule.key();
    if (rules.size() >= MAX_KEYS && !rules.containsKey(key)) {
      throw LiveRefused.invalid("there are " + MAX_KEYS + " declared keys already");
    }
    rules.put(key, rule);
    Entry present = entries.get(key);
    return present == null ? null : present.value;
  }
}
