package io.sparkexporter.sample;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Names in the Dropwizard registry: different series get different names, also after a sink has replaced every
 * character but letters and digits by an underscore, as Spark's PrometheusServlet does.
 *
 * <p>{@code custom.rows_parsed.Z.source.kafka}: the metric's name, and after {@code .Z.} the label names and values in
 * turn. Z begins an escape everywhere: {@code Z5f} is the byte 0x5f. A Z that begins no escape is our own punctuation,
 * and an underscore after the {@code Z} can only come from a dot, so the parts can always be told apart.
 */
public final class DropwizardNames {
  static final String PREFIX = "custom.";
  /** A CSV sink makes the name a file name, with the application's and the plugin's name in front. */
  static final int MAX_LENGTH = 150;

  private static final String MARK = ".Z.";
  private static final String EMPTY = "Z";

  private DropwizardNames() {}

  /**
   * Returns the name of one number of a series.
   *
   * @param part {@code count}, {@code sum} or {@link #bucket} of a histogram; null for what is one number
   */
  public static String name(String metric, List<String> labelNames, List<String> labelValues, String part) {
    StringBuilder name = new StringBuilder(PREFIX);
    escape(name, metric, true);
    String separator = MARK;
    for (int i = 0; i < labelNames.size(); i++) {
      name.append(separator);
      escape(name, labelNames.get(i), false);
      name.append('.');
      if (labelValues.get(i).isEmpty()) {
        // An empty component would be no valid path in Graphite.
        name.append(EMPTY);
      }
      escape(name, labelValues.get(i), false);
      separator = ".";
    }
    if (part != null) {
      name.append(separator).append(part);
    }
    return name.length() <= MAX_LENGTH ? name.toString() : shortened(name.toString());
  }

  /** Returns the part of the name of a cumulative bucket. */
  public static String bucket(double bound) {
    String text = bound == Math.rint(bound) && Math.abs(bound) < 1e15 ? Long.toString((long) bound) : "" + bound;
    StringBuilder part = new StringBuilder("le");
    escape(part, text, false);
    return part.toString();
  }

  private static void escape(StringBuilder name, String text, boolean underscores) {
    for (byte unit : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (unit & 0xFF);
      boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c < 'Z' || c >= '0' && c <= '9';
      if (plain || underscores && c == '_') {
        name.append(c);
      } else {
        name.append('Z').append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
      }
    }
  }

  /** Keeps the beginning for the reader and lets a digest tell long names apart; ZZ cannot occur otherwise. */
  private static String shortened(String name) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      byte[] digest = sha.digest(name.getBytes(StandardCharsets.UTF_8));
      String hex = String.format("%064x", new BigInteger(1, digest)).substring(0, 32);
      return name.substring(0, MAX_LENGTH - 2 - hex.length()) + "ZZ" + hex;
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
