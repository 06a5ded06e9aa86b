package io.sparkexporter.driver;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Lets in who sends the token, and who proves that he has it. A proof is good for one address and some minutes, so a client
 * that does not know who listens at an address gives nothing away there.
 */
final class Credentials {
  /** How far the clocks of client and driver may be apart. */
  static final long TOLERANCE_SECONDS = 300;

  private static final String MECHANISM = "HmacSHA256";
  private static final Pattern PROOF = Pattern.compile("SparkExporter ([0-9]{1,12})\\.([0-9a-f]{64})");
  /** What has this form is an address, and no name that somebody would be asked for. */
  private static final Pattern LITERAL = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-fA-F:.]+\\]");

  private final byte[] token;
  private final byte[] bearer;

  /** Takes a token that is not empty. */
  Credentials(String token) {
    this.token = token.getBytes(StandardCharsets.UTF_8);
    bearer = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Refuses everybody else.
   *
   * @param given the header Authorization, or null
   * @param host the header Host, or null
   * @param local where the request came in
   * @param now Unix seconds
   */
  void check(String given, String host, InetSocketAddress local, long now) throws BadRequest {
    Matcher proof = PROOF.matcher(given == null ? "" : given);
    if (!proof.matches()) {
      // Takes the same time wherever the first difference is.
      if (!MessageDigest.isEqual(bearer, given == null ? new byte[0] : given.getBytes(StandardCharsets.UTF_8))) {
        throw new BadRequest(401, "this needs the header Authorization: Bearer, with the token of the plugin");
      }
      return;
    }
    InetSocketAddress asked = address(host);
    long seconds = Long.parseLong(proof.group(1));
    byte[] expected = hex(proof(asked, seconds)).getBytes(StandardCharsets.US_ASCII);
    if (!MessageDigest.isEqual(expected, proof.group(2).getBytes(StandardCharsets.US_ASCII))) {
      throw new BadRequest(401, "the proof is not one of the plugin's token");
    }
    // Only now, so that nobody else learns anything from what is said.
    if (!isHere(asked, local)) {
      throw new BadRequest(401, "the proof is for " + host + ", which is not this driver");
    }
    if (Math.abs(now - seconds) > TOLERANCE_SECONDS) {
      throw new BadRequest(
          401, "the proof is of " + seconds + ", and here it is " + now + ": the clocks may be "
              + TOLERANCE_SECONDS + " s apart");
    }
  }

  private byte[] proof(InetSocketAddress asked, long seconds) {
    String claim = "spark-exporter " + hex(asked.getAddress().getAddress()) + ' ' + asked.getPort() + ' ' + seconds;
    try {
      Mac mac = Mac.getInstance(MECHANISM);
      mac.init(new SecretKeySpec(token, MECHANISM));
      return mac.doFinal(claim.getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JVM has " + MECHANISM, impossible);
    }
  }

  private static InetSocketAddress address(String host) throws BadRequest {
    try {
      URI uri = new URI("http://" + host);
      String name = uri.getHost();
      if (name != null && LITERAL.matcher(name).matches() && uri.getPort() > 0 && uri.getPort() <= 65535) {
        return new InetSocketAddress(InetAddress.getByName(name), uri.getPort());
      }
    } catch (URISyntaxException | UnknownHostException malformed) {
      // Said below.
    }
    throw new BadRequest(401, "a proof needs the header Host with an IP address and a port");
  }

  private static boolean isHere(InetSocketAddress asked, InetSocketAddress local) {
    InetAddress address = asked.getAddress();
    if (address.isLoopbackAddress() && !local.getAddress().isLoopbackAddress()) {
      // Every machine has these, so a proof for them may be one that was made for somebody else.
      return false;
    }
    try {
      return asked.getPort() == local.getPort()
          && (address.equals(local.getAddress()) || NetworkInterface.getByInetAddress(address) != null);
    } catch (SocketException unknown) {
      return false;
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder(2 * bytes.length);
    for (byte b : bytes) {
      text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return text.toString();
  }
}
