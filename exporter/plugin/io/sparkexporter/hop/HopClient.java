package io.sparkexporter.hop;

import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.TimeUnit;

/** One Python process: first it says who it is, then it asks for things. */
final class HopClient implements Connection.Receiver {
  private static final int PROTOCOL = 1;
  private static final int MAX_HELLO = 4 << 10;
  private static final byte[] NOTHING = {};

  private final HopContext context;
  private final Connection connection;
  private final long connectedAt = System.nanoTime();
  private final Outcomes outcomes = new Outcomes();
  private HopRequests requests;

  HopClient(SocketChannel channel, SelectionKey key, HopContext context) {
    this.context = context;
    this.connection = new Connection(channel, key, MAX_HELLO, context.maxBacklog());
  }

  Connection connection() {
    return connection;
  }

  /** Whether it should have said who it is by now. */
  boolean isLate(long now) {
    return requests == null && now - connectedAt > TimeUnit.MILLISECONDS.toNanos(HopServer.HANDSHAKE_MILLIS);
  }

  @Override
  public void receive(Frame frame) throws IOException {
    if (requests == null) {
      greet(frame);
    } else {
      requests.receive(frame);
    }
  }

  private void greet(Frame hello) throws IOException {
    byte[] secret = hello.text("secret").getBytes(StandardCharsets.UTF_8);
    // Takes the same time wherever the first difference is.
    if (!MessageDigest.isEqual(context.secret, secret)
        || !hello.text("kind").equals("hello")
        || hello.number("protocol") != PROTOCOL) {
      throw new IOException("not one of us");
    }
    boolean inDriver = hello.text("role").equals("driver");
    if (!inDriver && !hello.text("role").equals("worker") || inDriver && context.driver == null) {
      throw new IOException("no such role here");
    }
    PythonHandlers handlers = inDriver ? new PythonHandlers(connection, context.limits, outcomes) : null;
    requests = new HopRequests(context, this, outcomes, handlers);
    connection.setMaxFrame(context.maxFrame());
    StringBuilder welcome = new StringBuilder("{\"kind\":\"welcome\"");
    Json.text(Json.key(welcome, "executor_id"), context.id);
    Json.key(welcome, "max_payload").append(context.limits.maxPayload()).append('}');
    send(Frame.of(welcome, NOTHING));
  }

  /** Sends an answer. */
  void send(ByteBuffer frame) {
    if (!connection.send(frame)) {
      // It asks and asks, and does not read.
      connection.abandon();
    }
  }

  /** Answers a request that needs no more than a yes. */
  void ok(long id) {
    send(Frame.of("{\"kind\":\"ok\",\"id\":" + id + '}', NOTHING));
  }

  /** Answers a request that failed. */
  void error(long id, String code, String sentence) {
    StringBuilder header = new StringBuilder(160).append("{\"kind\":\"error\",\"id\":").append(id);
    Json.text(Json.key(header, "error"), code);
    Json.text(Json.key(header, "message"), sentence);
    send(Frame.of(header.append('}'), NOTHING));
  }

  void error(long id, Reason reason, String sentence) {
    error(id, reason.code(), sentence);
  }

  /** The connection is over; on the server's thread. */
  void close() {
    connection.close();
    if (requests != null) {
      requests.close();
    }
    outcomes.close();
  }
}
