package io.sparkexporter.driver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/** What the client says about the end of the driver's Python; docs/segment-format.md says what every byte means. */
public final class PythonEnding {
  private static final Pattern NAME = Pattern.compile("\\d{1,10}-[0-9a-f]{16}\\.end");
  private static final long MAGIC = 0x0001_444e_4558_5053L;
  private static final int SIZE = 24;
  private static final int SAID = 8;
  private static final int LEAVING = 9;
  private static final int TOLD = 10;
  private static final int STATUS = 11;
  private static final int TIME = 16;
  private static final int IN_ORDER = 1;
  private static final int BY_EXCEPTION = 2;
  private static final int NO_STATUS = 0xff;
  /** Python closes the pipe on which the JVM waits a moment before it is gone. */
  private static final long PATIENCE_MILLIS = 500;

  private static final long STEP_MILLIS = 10;

  private final Path directory;
  private final BiConsumer<String, Throwable> warnings;

  /** Reads what is in this directory, which may be null. */
  public PythonEnding(Path directory, BiConsumer<String, Throwable> warnings) {
    this.directory = directory;
    this.warnings = warnings;
  }

  /**
   * Returns whether Python has failed or fails, or null if that is not known. Waits a moment for a process that is
   * about to be gone.
   */
  public Boolean failed() {
    if (directory == null) {
      return null;
    }
    try {
      long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
      Word word = newest();
      while (word != null && word.isLeaving() && System.nanoTime() < deadline) {
        Thread.sleep(STEP_MILLIS);
        word = newest();
      }
      return word == null ? null : word.failed();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException failure) {
      warnings.accept("it cannot be told how the driver's Python ended; its last job tells", failure);
    }
    return null;
  }

  private Word newest() throws IOException {
    Word newest = null;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.end")) {
      for (Path file : files) {
        Word word = NAME.matcher(file.getFileName().toString()).matches() ? read(file) : null;
        if (word != null && (newest == null || word.time > newest.time)) {
          newest = word;
        }
      }
    }
    return newest;
  }

  /** Returns null if it is not a file of the client's. */
  private static Word read(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      // In this order: what is read after the writer has gone is final.
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
      ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
      boolean whole = channel.read(bytes, 0) == SIZE && bytes.getLong(0) == MAGIC;
      return whole ? new Word(bytes, lock != null) : null;
    }
  }

  /** What one file says. */
  private static final class Word {
    final double time;
    private final ByteBuffer bytes;
    private final boolean gone;

    Word(ByteBuffer bytes, boolean gone) {
      this.time = bytes.getDouble(TIME);
      this.bytes = bytes;
      this.gone = gone;
    }

    private int at(int offset) {
      return bytes.get(offset) & 0xff;
    }

    /** Whether there will be more to know in a moment. */
    boolean isLeaving() {
      return failed() == null && at(LEAVING) != 0 && !gone;
    }

    Boolean failed() {
      if (at(SAID) == IN_ORDER || at(SAID) == BY_EXCEPTION) {
        return at(SAID) == BY_EXCEPTION;
      }
      if (at(STATUS) != NO_STATUS) {
        return at(STATUS) != 0;
      }
      // Killed, or ended by itself without what a process does at its end.
      boolean silent = at(TOLD) != 0 || at(LEAVING) == 0;
      return gone && silent ? Boolean.TRUE : null;
    }
  }
}
