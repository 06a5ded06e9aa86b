package io.sparkexporter.event;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which event an idempotency key stands for. The oldest keys are forgotten first. Guarded by its owner. */
final class IdempotencyKeys {
  private static final int MAX_KEYS = 10_000;

  private final Map<String, Use> uses =
      new LinkedHashMap<String, Use>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Use> eldest) {
          return size() > MAX_KEYS;
        }
      };

  /** An event, and what was asked for; its text itself may be long. */
  private static final class Use {
    final String event;
    final byte[] digest;

    Use(String event, byte[] digest) {
      this.event = event;
      this.digest = digest;
    }
  }

  /**
   * Returns the event that the request's key stands for; null if there is none, or no key.
   *
   * @throws EventRefused if that one asked for something else
   */
  String find(EventRequest request) throws EventRefused {
    Use use = request.idempotencyKey == null ? null : uses.get(request.idempotencyKey);
    if (use == null) {
      return null;
    }
    if (!MessageDigest.isEqual(use.digest, digest(request))) {
      throw new EventRefused(
          EventRefused.Reason.CONFLICT, "the idempotency key was used for another event, " + use.event);
    }
    return use.event;
  }

  void remember(EventRequest request, String event) {
    if (request.idempotencyKey != null) {
      uses.put(request.idempotencyKey, new Use(event, digest(request)));
    }
  }

  private static byte[] digest(EventRequest request) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(request.content().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
