package io.sparkexporter.hop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** Serves the Python processes beside this JVM, on loopback. All of them share one daemon thread. */
final class HopServer {
  static final int MAX_CONNECTIONS = 256;
  static final long HANDSHAKE_MILLIS = 5000;
  private static final int BACKLOG = 128;
  private static final int READ_BYTES = 64 << 10;

  private final ServerSocketChannel listening;
  private final Selector selector;
  private final SelectionKey accepting;
  private final HopContext context;
  private final BiConsumer<String, Throwable> warnings;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
  private final Set<HopClient> clients = new LinkedHashSet<>();
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * Binds a free port.
   *
   * @throws IOException if there is none
   */
  HopServer(HopContext context, BiConsumer<String, Throwable> warnings) throws IOException {
    this.context = context;
    this.warnings = warnings;
    selector = Selector.open();
    listening = ServerSocketChannel.open();
    // By address, because what "localhost" means is up to the machine.
    InetAddress loopback = InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
    listening.bind(new InetSocketAddress(loopback, 0), BACKLOG);
    listening.configureBlocking(false);
    accepting = listening.register(selector, SelectionKey.OP_ACCEPT);
    thread = new Thread(this::run, "spark-exporter-hop");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  int port() {
    return listening.socket().getLocalPort();
  }

  /** Ends all connections and the thread. */
  void stop() {
    stopping = true;
    selector.wakeup();
  }

  private void run() {
    while (!stopping) {
      try {
        selector.select(clients.isEmpty() ? 0 : HANDSHAKE_MILLIS / 10);
        serve();
      } catch (ClosedSelectorException closed) {
        return;
      } catch (Throwable failure) {
        // Nothing may leave this thread: Spark's handler would end the JVM.
        warnings.accept("the local connections of Python processes had a failure", failure);
        pause();
      }
    }
    closeAll();
  }

  /** Whatever fails may fail again at once. */
  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(100);
    } catch (InterruptedException woken) {
      // Then without a pause.
    }
  }

  private void serve() throws IOException {
    Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
    while (ready.hasNext()) {
      SelectionKey key = ready.next();
      ready.remove();
      if (key == accepting) {
        accept();
      } else {
        serve((HopClient) key.attachment(), key);
      }
    }
    long now = System.nanoTime();
    for (HopClient client : new ArrayList<>(clients)) {
      if (client.isLate(now)) {
        end(client);
      }
    }
  }

  private void accept() throws IOException {
    SocketChannel channel = listening.accept();
    if (channel == null) {
      return;
    }
    if (clients.size() >= MAX_CONNECTIONS) {
      channel.close();
      warnings.accept(
          "a local connection of a Python process was refused", new IOException(clients.size() + " are open"));
      return;
    }
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      HopClient client = new HopClient(channel, key, context);
      key.attach(client);
      clients.add(client);
    } catch (IOException | RuntimeException failure) {
      channel.close();
    }
  }

  private void serve(HopClient client, SelectionKey key) {
    try {
      if (key.isWritable()) {
        client.connection().writable();
      }
      if (key.isReadable()) {
        client.connection().read(buffer, client);
      }
    } catch (IOException | CancelledKeyException over) {
      end(client);
    } catch (Throwable failure) {
      warnings.accept("a local connection of a Python process failed and was closed", failure);
      end(client);
    }
  }

  private void end(HopClient client) {
    clients.remove(client);
    client.close();
  }

  private void closeAll() {
    List<HopClient> left = new ArrayList<>(clients);
    clients.clear();
    for (HopClient client : left) {
      client.close();
    }
    try {
      listening.close();
      selector.close();
    } catch (IOException failure) {
      warnings.accept("the port for local connections could not be closed", failure);
    }
  }
}
