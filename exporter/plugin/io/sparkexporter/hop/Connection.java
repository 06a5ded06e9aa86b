package io.sparkexporter.hop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * The bytes of one client. Nothing here ever blocks: what a client does not read waits, up to a bound.
 *
 * <p>Frames are read on the server's thread; any thread may send.
 */
final class Connection {
  private static final int FIRST_BUFFER = 4 << 10;
  /** More is not read from a client that leaves so much unread. */
  private static final int UNREAD_BYTES = 256 << 10;
  /** The JDK keeps as much memory for each thread as it has ever written at once. */
  private static final int WRITE_BYTES = 64 << 10;

  private final SocketChannel channel;
  private final SelectionKey key;
  private final long maxBacklog;
  private final Deque<ByteBuffer> out = new ArrayDeque<>();
  private long backlog;
  private boolean closed;
  private byte[] in = new byte[FIRST_BUFFER];
  private int filled;
  private int maxFrame;

  /** Receives what the client sends. */
  interface Receiver {
    /**
     * Takes a frame, on the server's thread.
     *
     * @throws IOException if it is nonsense, upon which the connection ends
     */
    void receive(Frame frame) throws IOException;
  }

  /**
   * Makes one of an open channel.
   *
   * @param maxFrame longest frame to accept at first
   * @param maxBacklog most bytes that may wait for the client to read them
   */
  Connection(SocketChannel channel, SelectionKey key, int maxFrame, long maxBacklog) {
    this.channel = channel;
    this.key = key;
    this.maxFrame = maxFrame;
    this.maxBacklog = maxBacklog;
  }

  void setMaxFrame(int bytes) {
    maxFrame = bytes;
  }

  /**
   * Reads what is there.
   *
   * @param buffer of the server's thread, shared by all connections
   * @throws IOException if the client has closed, or sends nonsense
   */
  void read(ByteBuffer buffer, Receiver receiver) throws IOException {
    buffer.clear();
    int count = channel.read(buffer);
    if (count < 0) {
      throw new IOException("closed by the client");
    }
    buffer.flip();
    if (filled + count > in.length) {
      // Only for what is there: what a length promises may never come.
      in = Arrays.copyOf(in, Math.max(filled + count, 2 * in.length));
    }
    buffer.get(in, filled, count);
    filled += count;
    int used = takeFrames(receiver);
    filled -= used;
    if (filled == 0 && in.length > WRITE_BYTES) {
      in = new byte[FIRST_BUFFER];
    } else if (used > 0) {
      System.arraycopy(in, used, in, 0, filled);
    }
  }

  private int takeFrames(Receiver receiver) throws IOException {
    int used = 0;
    while (filled - used >= 4) {
      int length = ByteBuffer.wrap(in, used, 4).getInt();
      if (length < 4 || length > maxFrame) {
        throw new IOException("a frame of " + length + " bytes");
      }
      if (filled - used - 4 < length) {
        break;
      }
      receiver.receive(Frame.read(in, used + 4, length));
      used += 4 + length;
    }
    return used;
  }

  /** Sends a frame, or keeps it until the client reads; returns false if there is no room for it, or the client is gone. */
  boolean send(ByteBuffer frame) {
    synchronized (out) {
      if (closed || backlog + frame.remaining() > maxBacklog) {
        return false;
      }
      out.add(frame);
      backlog += frame.remaining();
      if (out.size() == 1) {
        write();
      }
      return true;
    }
  }

  /** Sends what has been waiting. */
  void writable() {
    synchronized (out) {
      if (!closed) {
        write();
      }
    }
  }

  private void write() {
    try {
      while (!out.isEmpty() && writeSome(out.getFirst())) {
        if (!out.getFirst().hasRemaining()) {
          out.removeFirst();
        }
      }
      int wanted = (backlog > 0 ? SelectionKey.OP_WRITE : 0) | (backlog <= UNREAD_BYTES ? SelectionKey.OP_READ : 0);
      if (key.interestOps() != wanted) {
        key.interestOps(wanted);
        key.selector().wakeup();
      }
    } catch (IOException | RuntimeException gone) {
      // The server's thread learns it from the channel, and does what is to be done then.
      shut();
    }
  }

  private boolean writeSome(ByteBuffer frame) throws IOException {
    int end = frame.limit();
    frame.limit(Math.min(end, frame.position() + WRITE_BYTES));
    int count = channel.write(frame);
    frame.limit(end);
    backlog -= count;
    return count > 0;
  }

  private void shut() {
    try {
      channel.shutdownInput();
      channel.shutdownOutput();
    } catch (IOException | RuntimeException gone) {
      // It cannot be more closed than that.
    }
    key.selector().wakeup();
  }

  /** Has the server's thread close it. */
  void abandon() {
    synchronized (out) {
      shut();
    }
  }

  /** Closes it; on the server's thread. */
  void close() {
    synchronized (out) {
      closed = true;
      out.clear();
      key.cancel();
      try {
        channel.close();
      } catch (IOException gone) {
        // Nothing is left to be done.
      }
    }
  }
}
