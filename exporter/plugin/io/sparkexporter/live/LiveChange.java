package io.sparkexporter.live;

import java.util.Collections;
import java.util.Map;

/** What makes a newer state of the live configuration out of an older one. Immutable. */
public final class LiveChange {
  private final long version;
  private final boolean whole;
  private final Map<String, String> entries;

  /**
   * Makes one.
   *
   * @param version of the newer state
   * @param whole whether the entries are all that there is
   * @param entries JSON by key; null for a key that is removed
   */
  public LiveChange(long version, boolean whole, Map<String, String> entries) {
    this.version = version;
    this.whole = whole;
    this.entries = Collections.unmodifiableMap(entries);
  }

  /** Version of the newer state. */
  public long version() {
    return version;
  }

  /** Whether the entries are all that there is, so that what was before does not count. */
  public boolean isWhole() {
    return whole;
  }

  /** JSON by key; null for a key that is removed. */
  public Map<String, String> entries() {
    return entries;
  }
}
