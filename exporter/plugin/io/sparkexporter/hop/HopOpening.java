package io.sparkexporter.hop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Opens the port for Python processes when the first of them asks for it.
 *
 * <p>Most executors of most applications never need it. Until then a daemon thread looks for a file.
 */
final class HopOpening {
  private static final long LOOK_MILLIS = 50;

  private final Path directory;
  private final String secret;
  private final HopContext context;
  private final BiConsumer<String, Throwable> warnings;
  private HopServer server;
  private volatile boolean stopping;

  HopOpening(Path directory, String secret, HopContext context, BiConsumer<String, Throwable> warnings) {
    this.directory = directory;
    this.secret = secret;
    this.context = context;
    this.warnings = warnings;
  }

  /**
   * Tells Python processes that they may ask.
   *
   * @throws IOException if they cannot be told
   */
  void start() throws IOException {
    HopFile.write(directory, HopFile.CLOSED, secret);
    Thread thread = new Thread(this::run, "spark-exporter-hop-opening");
    thread.setDaemon(true);
    thread.start();
  }

  /** Ends all connections. */
  synchronized void stop() {
    stopping = true;
    if (server != null) {
      server.stop();
    }
    try {
      HopFile.remove(directory);
    } catch (IOException | RuntimeException failure) {
      warnings.accept("the file of the local connections could not be removed", failure);
    }
  }

  private void run() {
    try {
      while (!stopping && !HopFile.isWanted(directory)) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
      open();
    } catch (Throwable failure) {
      // Nothing may leave this thread: Spark's handler would end the JVM.
      warnings.accept("Python processes cannot reach the plugin: no messages, and no events for them", failure);
      stop();
    }
  }

  private synchronized void open() throws IOException {
    if (stopping) {
      return;
    }
    server = new HopServer(context, warnings);
    server.start();
    HopFile.write(directory, server.port(), secret);
    HopFile.removeWish(directory);
  }
}
