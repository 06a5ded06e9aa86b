package io.sparkexporter.control;

/** Who asks for something, for the audit log. Immutable. */
public final class Author {
  private final String actor;
  private final String address;

  /**
   * Makes one.
   *
   * @param actor what the client says about itself; visible ASCII, so that it cannot forge a line of the log
   * @param address where the request comes from
   */
  public Author(String actor, String address) {
    this.actor = actor;
    this.address = address;
  }

  /** What the client says about itself. */
  public String actor() {
    return actor;
  }

  /** Where the request comes from. */
  public String address() {
    return address;
  }
}
