package io.sparkexporter.hop;

import io.sparkexporter.message.Limits;
import io.sparkexporter.message.MessageService;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.function.BiConsumer;

/** The way from the Python processes beside this JVM to the plugin in it. */
public final class Hop {
  private final Path directory;
  private final HopServer server;
  private final BiConsumer<String, Throwable> warnings;

  private Hop(Path directory, HopServer server, BiConsumer<String, Throwable> warnings) {
    this.directory = directory;
    this.server = server;
    this.warnings = warnings;
  }

  /** Collects what Python processes can reach; each part may be missing. */
  public static final class Builder {
    private final String id;
    private final Limits limits;
    private MessageService messages;
    private Claims claims;
    private PythonDriver driver;
    private Declarations declarations;

    /** Starts with nothing to reach. */
    public Builder(String id, Limits limits) {
      this.id = id;
      this.limits = limits;
    }

    /** Messages to the driver. */
    public Builder messages(MessageService service) {
      messages = service;
      return this;
    }

    /** Events for workers. */
    public Builder claims(Claims events) {
      claims = events;
      return this;
    }

    /** Handlers of the driver's Python process. */
    public Builder driver(PythonDriver handlers) {
      driver = handlers;
      return this;
    }

    /** The live configuration in the driver. */
    public Builder declarations(Declarations rules) {
      declarations = rules;
      return this;
    }

    /** Starts to listen; returns null, with a warning, if that cannot be. */
    public Hop start(Path directory, BiConsumer<String, Throwable> warnings) {
      byte[] drawn = new byte[16];
      new SecureRandom().nextBytes(drawn);
      StringBuilder secret = new StringBuilder(2 * drawn.length);
      for (byte one : drawn) {
        secret.append(Character.forDigit(one >> 4 & 15, 16)).append(Character.forDigit(one & 15, 16));
      }
      HopContext context =
          new HopContext(secret.toString(), id, limits, messages, claims, driver, declarations);
      try {
        HopServer server = new HopServer(context, warnings);
        server.start();
        Hop hop = new Hop(directory, server, warnings);
        hop.publish(secret.toString());
        return hop;
      } catch (IOException | RuntimeException | LinkageError failure) {
        warnings.accept("Python processes cannot reach the plugin: no messages, and no events for them", failure);
        return null;
      }
    }
  }

  private void publish(String secret) throws IOException {
    try {
      HopFile.write(directory, server.port(), secret);
    } catch (IOException | RuntimeException failure) {
      server.stop();
      throw failure;
    }
  }

  /** Ends all connections. */
  public void stop() {
    server.stop();
    try {
      HopFile.remove(directory);
    } catch (IOException | RuntimeException failure) {
      warnings.accept("the file of the local connections could not be removed", failure);
    }
  }
}
