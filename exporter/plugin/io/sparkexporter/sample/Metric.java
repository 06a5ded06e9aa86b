package io.sparkexporter.sample;

import io.sparkexporter.model.Definition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One metric of this JVM, and its series. */
public final class Metric {
  final Map<List<String>, Series> children = new HashMap<>();
  private final int index;
  private final Definition definition;

  Metric(int index, Definition definition) {
    this.index = index;
    this.definition = definition;
  }

  /** Its place in the table. */
  public int index() {
    return index;
  }

  public Definition definition() {
    return definition;
  }
}
