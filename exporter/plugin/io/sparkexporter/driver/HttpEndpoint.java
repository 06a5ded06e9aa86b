package io.sparkexporter.driver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import io.sparkexporter.control.DriverControl;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The driver's HTTP server. Its threads are few and daemons. */
public final class HttpEndpoint {
  /** How many ports are tried before any free one is taken. */
  static final int PORTS = 16;
  /** Threads beside those that may wait, so that nobody who waits can keep others out. */
  private static final int SPARE_THREADS = 4;

  private final HttpServer server;
  private final HttpThreads threads;
  private final Requests requests;
  private final Settings settings;
  private volatile ApplicationStore store;
  private volatile SnapshotHandler handler;

  private HttpEndpoint(HttpServer server, HttpThreads threads, Requests requests, Settings settings) {
    this.server = server;
    this.threads = threads;
    this.requests = requests;
    this.settings = settings;
  }

  /**
   * Starts to listen; until it {@link #serve serves}, it asks clients to come back.
   *
   * @throws IOException if no port of the host can be had; the message says so
   * @throws IllegalArgumentException if the host is not loopback and there is no token
   */
  public static HttpEndpoint start(Settings settings) throws IOException {
    String token = settings.text(Setting.TOKEN);
    InetAddress host = InetAddress.getByName(settings.text(Setting.HOST));
    if (!host.isLoopbackAddress() && token.isEmpty()) {
      throw new IllegalArgumentException(
          Setting.HOST.key() + "=" + settings.text(Setting.HOST) + " is not loopback and needs "
              + Setting.TOKEN.key() + " or the environment variable " + Settings.TOKEN_VARIABLE);
    }
    HttpServer server = bind(host, settings.integer(Setting.PORT));
    int places = settings.integer(Setting.MAX_WAITING) + steeringPlaces(settings);
    HttpThreads threads = new HttpThreads(places + SPARE_THREADS);
    Requests requests = new Requests(token);
    server.setExecutor(threads);
    server.createContext("/", requests);
    startAsDaemon(server);
    threads.watch();
    return new HttpEndpoint(server, threads, requests, settings);
  }

  /** With places and threads of their own, those who steer cannot keep those out who wait for snapshots. */
  private static int steeringPlaces(Settings settings) {
    return settings.text(Setting.TOKEN).isEmpty() ? 0 : (settings.integer(Setting.MAX_WAITING) + 1) / 2;
  }

  /**
   * Answers from now on.
   *
   * @param writer gives null as long as the application has no id
   * @param control null if nothing may come from outside
   */
  public void serve(ApplicationStore values, Supplier<SnapshotWriter> writer, DriverControl control) {
    store = values;
    handler = new SnapshotHandler(values, writer, settings.integer(Setting.MAX_WAITING));
    Requests.Answerer config = HttpEndpoint::refuseControl;
    Requests.Answerer events = HttpEndpoint::refuseControl;
    if (control != null) {
      Door door = new Door(control, settings.words(Setting.EVENTS_ALLOW), steeringPlaces(settings));
      config = new ConfigHandler(door);
      events = new EventsHandler(door);
    }
    Map<String, Requests.Answerer> answerers = new LinkedHashMap<>();
    answerers.put(SnapshotHandler.PATH, handler);
    answerers.put(ConfigHandler.PATH, new Addressed(config, writer));
    answerers.put(EventsHandler.PATH, new Addressed(events, writer));
    answerers.put(EventsHandler.PATH + '/', new Addressed(events, writer));
    requests.open(answerers);
  }

  private static void refuseControl(HttpExchange exchange) throws BadRequest {
    throw new BadRequest(
        403, "control is off, for the driver has no token; give it one by " + Setting.TOKEN_FILE.key() + ", "
            + Setting.TOKEN.key() + " or the environment variable " + Settings.TOKEN_VARIABLE);
  }

  private static HttpServer bind(InetAddress host, int first) throws IOException {
    int last = first == 0 ? 0 : Math.min(first + PORTS - 1, 65535);
    for (int port = first; port <= last; port++) {
      try {
        return HttpServer.create(new InetSocketAddress(host, port), 0);
      } catch (BindException taken) {
        // The next one may be free. If it is the address that is wrong, the last attempt says so.
      }
    }
    return HttpServer.create(new InetSocketAddress(host, 0), 0);
  }

  /** The server's own thread inherits from the one that starts it whether it keeps the JVM alive. */
  private static void startAsDaemon(HttpServer server) throws IOException {
    Thread starter = new Thread(server::start, "spark-exporter-http-start");
    starter.setDaemon(true);
    starter.start();
    try {
      starter.join();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      server.stop(0);
      throw new IOException("interrupted while starting", stopped);
    }
  }

  /**
   * Returns the address under which clients find this server.
   *
   * @param driverHost name of this machine for those that are not on it
   */
  public String url(String driverHost) {
    InetAddress bound = server.getAddress().getAddress();
    String host = bound.isAnyLocalAddress() ? driverHost : bound.getHostAddress();
    String shown = host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    return "http://" + shown + ":" + port();
  }

  /** Returns the port that was free. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Delivers the last state to those who follow, which takes at most this long, and stops. */
  public void finish(long patienceMillis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    if (handler != null) {
      store.finish();
      try {
        handler.awaitDelivery(patienceMillis);
        requests.awaitAnswers(TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
      } catch (InterruptedException impatient) {
        Thread.currentThread().interrupt();
      }
    }
    server.stop(0);
    threads.shutdownNow();
  }
}
