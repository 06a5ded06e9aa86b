package io.sparkexporter.hop;

import io.sparkexporter.live.Declarations;
import io.sparkexporter.message.Limits;
import io.sparkexporter.message.MessageService;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.function.BiConsumer;

/** The way from the Python processes beside this JVM to the plugin in it. */
public final class Hop {
  private final HopOpening opening;

  private Hop(HopOpening opening) {
    this.opening = opening;
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

    /** Listens as soon as a Python process asks for it; returns null, with a warning, if none can be told. */
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
        HopOpening opening = new HopOpening(directory, secret.toString(), context, warnings);
        opening.start();
        return new Hop(opening);
      } catch (IOException | RuntimeException | LinkageError failure) {
        warnings.accept("Python processes cannot reach the plugin: no messages, and no events for them", failure);
        return null;
      }
    }
  }

  /** Ends all connections. */
  public void stop() {
    opening.stop();
  }
}
