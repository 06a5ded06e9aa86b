package io.sparkexporter;

import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** An event that was sent to this application from outside, as it reached this JVM. Immutable. */
public final class Event {
  private final String id;
  private final String type;
  private final Object payload;
  private final String payloadJson;
  private final double time;
  private final double expires;
  private final long deadline;

  /**
   * Makes an event.
   *
   * @param payload what {@code payloadJson} says
   * @param time when the driver accepted it, Unix seconds by the driver's clock
   * @param expires until when its handling must have begun, Unix seconds by the driver's clock
   * @param remainingMillis how long that is from now on
   */
  public Event(
      String id, String type, Object payload, String payloadJson, double time, double expires, long remainingMillis) {
    this.id = Objects.requireNonNull(id);
    this.type = Objects.requireNonNull(type);
    this.payload = payload;
    this.payloadJson = Objects.requireNonNull(payloadJson);
    this.time = time;
    this.expires = expires;
    this.deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(remainingMillis);
  }

  /** What tells it from other events of the application. */
  public String id() {
    return id;
  }

  /** What it is about, such as {@code reload}. */
  public String type() {
    return type;
  }

  /**
   * What came with it: a {@code Map} with keys of type {@code String}, a {@code List}, a {@code String}, a {@code Long}, a
   * {@code BigInteger}, a {@code Double}, a {@code Boolean}, or null. Nobody can change it.
   */
  public Object payload() {
    return payload;
  }

  /** The payload as JSON. */
  public String payloadJson() {
    return payloadJson;
  }

  /** When the driver accepted it, in Unix seconds by the driver's clock. */
  public double time() {
    return time;
  }

  /** Until when its handling must have begun, in Unix seconds by the driver's clock. */
  public double expires() {
    return expires;
  }

  /** How long its handling may still wait, in milliseconds; 0 if it is too late. Needs no clocks that agree. */
  public long remainingMillis() {
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
  }

  @Override
  public String toString() {
    return "event " + id + " of type " + type;
  }
}
