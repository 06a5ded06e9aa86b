package io.sparkexporter.live;

import java.util.Map;

/** Takes what is declared of the live configuration. */
@FunctionalInterface
public interface Declarations {
  /**
   * Declares what a key accepts from now on.
   *
   * @throws LiveRefused if that is no rule, or the present value does not fit
   */
  void declare(String key, Map<String, Object> rule) throws LiveRefused;
}
