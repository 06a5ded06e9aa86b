package io.sparkexporter.control;

import static io.sparkexporter.json.Json.comma;
import static io.sparkexporter.json.Json.key;
import static io.sparkexporter.json.Json.text;

import io.sparkexporter.event.Member;
import io.sparkexporter.event.Members;
import io.sparkexporter.live.LiveStore;

/** The live configuration as it is shown to those outside. Immutable. */
public final class ConfigState {
  private final long version;
  private final boolean complete;
  private final String json;

  private ConfigState(long version, boolean complete, String json) {
    this.version = version;
    this.complete = complete;
    this.json = json;
  }

  /** Returns the present state; it is complete if all members have the wanted version, or a later one. */
  static ConfigState of(String boot, LiveStore live, Members members, long wanted) {
    boolean complete = true;
    StringBuilder out = new StringBuilder("{");
    text(key(out, "boot"), boot);
    key(out, "version").append(live.version());
    key(out, "values").append(live.valuesJson());
    key(out, "declared").append(live.rulesJson());
    key(out, "executors").append('[');
    for (Member member : members.all()) {
      complete &= member.version() >= wanted;
      comma(out);
      text(key(out.append('{'), "id"), member.id());
      key(out, "version").append(member.version()).append('}');
    }
    key(out.append(']'), "complete").append(complete).append('}');
    return new ConfigState(live.version(), complete, out.toString());
  }

  /** Version of the values. */
  public long version() {
    return version;
  }

  /** Whether every live JVM has the version that was asked for. */
  public boolean isComplete() {
    return complete;
  }

  /** All of it. */
  public String json() {
    return json;
  }
}
