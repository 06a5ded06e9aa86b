package io.sparkexporter.hop;

import io.sparkexporter.live.Declarations;
import io.sparkexporter.message.Limits;
import io.sparkexporter.message.MessageService;
import java.nio.charset.StandardCharsets;

/** What the Python processes beside this JVM can reach. */
final class HopContext {
  final byte[] secret;
  final String id;
  final Limits limits;
  /** Null if messages are off. */
  final MessageService messages;
  /** Null if control is off. */
  final Claims claims;
  /** Null in an executor. */
  final PythonDriver driver;
  /** Null in an executor, or if control is off. */
  final Declarations declarations;

  HopContext(
      String secret,
      String id,
      Limits limits,
      MessageService messages,
      Claims claims,
      PythonDriver driver,
      Declarations declarations) {
    this.secret = secret.getBytes(StandardCharsets.US_ASCII);
    this.id = id;
    this.limits = limits;
    this.messages = messages;
    this.claims = claims;
    this.driver = driver;
    this.declarations = declarations;
  }

  int maxFrame() {
    return limits.maxPayload() + Frame.ROOM;
  }

  /** Room for a few answers of full length. */
  long maxBacklog() {
    return 4L * maxFrame() + (4 << 20);
  }
}
