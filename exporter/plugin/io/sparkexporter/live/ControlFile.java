package io.sparkexporter.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The files by which Python processes see the live configuration, and that there are events for them: {@code control}, which
 * they map, and {@code config.json}. Their form is in docs/segment-format.md. Thread-safe.
 */
public final class ControlFile {
  private static final byte[] MAGIC = "SPXCTL1\0".getBytes(StandardCharsets.US_ASCII);
  private static final int SIZE = 64;
  private static final int VERSION_AT = 8;
  private static final int EVENTS_AT = 16;

  private final Path directory;
  /** Not a number as long as the driver has not been heard. */
  private double version = Double.NaN;
  private long events;
  /** Null until the file could be made. */
  private FileChannel control;

  /**
   * Makes no file yet.
   *
   * @param directory where Python processes look
   */
  public ControlFile(Path directory) {
    this.directory = directory;
  }

  /** Makes the {@code control} file unless it is there already; to be tried again if that fails. */
  synchronized void open() throws IOException {
    if (control != null) {
      return;
    }
    // A file of an application that had this directory before is of no use to anybody.
    Files.deleteIfExists(directory.resolve("config.json"));
    ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(MAGIC).putDouble(VERSION_AT, version).putDouble(EVENTS_AT, events);
    bytes.rewind();
    control = replace(directory.resolve("control"), bytes);
  }

  /** Says that the driver has been heard: if nothing was written by then, nothing is set. */
  synchronized void heard() throws IOException {
    open();
    if (Double.isNaN(version)) {
      store(VERSION_AT, 0);
      version = 0;
    }
  }

  /** Writes the configuration, and only then the version, so that who sees the version finds what belongs to it. */
  synchronized void write(long newer, String json) throws IOException {
    open();
    replace(directory.resolve("config.json"), ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8))).close();
    store(VERSION_AT, newer);
    version = newer;
  }

  /** Says how many events Python processes could have claimed so far. */
  public synchronized void setEvents(long count) throws IOException {
    events = count;
    open();
    store(EVENTS_AT, count);
  }

  /** One write of one cell: a reader sees all of it or nothing. */
  private void store(int offset, double value) throws IOException {
    ByteBuffer cell = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value);
    cell.rewind();
    if (control.write(cell, offset) != 8) {
      throw new IOException("a cell of the control file could not be written");
    }
  }

  /** No reader sees half a file. Returns the channel to the new one. */
  private static FileChannel replace(Path file, ByteBuffer bytes) throws IOException {
    Path made =
        Files.createTempFile(
            file.getParent(),
            file.getFileName() + ".",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    FileChannel channel = null;
    boolean done = false;
    try {
      channel = FileChannel.open(made, StandardOpenOption.WRITE);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      done = true;
      return channel;
    } finally {
      if (!done && channel != null) {
        channel.close();
      }
      Files.deleteIfExists(made);
    }
  }

  /** Closes the file; it stays where it is. */
  public synchronized void close() throws IOException {
    if (control != null) {
      control.close();
    }
  }
}
