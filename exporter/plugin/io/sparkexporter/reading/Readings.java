package io.sparkexporter.reading;

/** Takes in plain numbers by name. */
public interface Readings {
  /**
   * Sets one reading.
   *
   * @param name as docs/protocol.md has it
   * @param value what is not finite is no reading
   */
  void set(String name, double value);
}
