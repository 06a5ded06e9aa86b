package io.sparkexporter.sample;

import io.sparkexporter.model.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** The bytes of one segment, read into a buffer that serves all segments in turn. */
final class SegmentBytes {
  static final int HEADER = 128;
  /** The writer's segments are smaller; what is larger was not made by it. */
  static final int MAX_SIZE = 16 << 20;

  private static final long MAGIC = 0x0001_4745_5358_5053L;
  private static final int COMMITTED_AT = 8;
  private static final int ROLE_AT = 40;
  private static final int DROPS_AT = 64;
  private static final int FIRST_READ = 16 << 10;

  private ByteBuffer buffer = allocate(FIRST_READ);
  private int end;

  private static ByteBuffer allocate(int size) {
    return ByteBuffer.wrap(new byte[size]).order(ByteOrder.LITTLE_ENDIAN);
  }

  ByteBuffer buffer() {
    return buffer;
  }

  /** Reads the file up to its committed length, {@code expected} bytes at once if there are so many. */
  void read(FileChannel channel, int expected) throws IOException {
    buffer.clear();
    fill(channel, Math.max(expected, HEADER));
    if (isSegment() && committed() > end && committed() <= MAX_SIZE) {
      fill(channel, (int) committed());
    }
  }

  private void fill(FileChannel channel, int until) throws IOException {
    if (buffer.capacity() < until) {
      ByteBuffer larger = allocate(Math.max(until, Math.min(2 * buffer.capacity(), MAX_SIZE)));
      buffer.flip();
      larger.put(buffer);
      buffer = larger;
    }
    buffer.limit(until);
    while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) > 0) {
      // A read may stop short of the end; the loop ends at the end of the file.
    }
    end = buffer.position();
  }

  boolean isSegment() {
    return end >= HEADER && buffer.getLong(0) == MAGIC;
  }

  /** How many bytes hold records, if the header is to be believed; else 0. */
  long committed() {
    long committed = buffer.getLong(COMMITTED_AT);
    return committed < HEADER || committed % 8 != 0 ? 0 : committed;
  }

  /** Where the bytes end that were read. */
  int end() {
    return end;
  }

  boolean isDriver() {
    return buffer.getLong(ROLE_AT) == 1;
  }

  double dropped(Reason reason) {
    return buffer.getDouble(DROPS_AT + 8 * reason.ordinal());
  }
}
