package io.sparkexporter.hop;

import io.sparkexporter.live.LiveRefused;
import java.util.Map;

/** Takes what the driver's Python process declares of the live configuration. */
@FunctionalInterface
public interface Declarations {
  /**
   * Declares what a key accepts from now on.
   *
   * @throws LiveRefused if that is no rule, or the present value does not fit
   */
  void declare(String key, Map<String, Object> rule) throws LiveRefused;
}
