package io.sparkexporter;

import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.json.JsonException;
import io.sparkexporter.json.JsonReader;
import io.sparkexporter.message.Answer;
import io.sparkexporter.message.Dispatcher;
import io.sparkexporter.message.Exchange;
import io.sparkexporter.message.MessageService;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Messages from Scala and Java code to handlers in the driver, be these in its JVM or in its Python process.
 *
 * <pre>{@code
 * Messages.handle("initial-config", message -> Collections.singletonMap("shard", message.value()));  // in the driver
 * Message answer = Messages.ask("initial-config", "{\"shard\": 3}", 5000);                           // on an executor
 * }</pre>
 *
 * <p>Every failure is a {@link MessageException} with a reason.
 */
public final class Messages {
  private static final long MAX_TIMEOUT_MILLIS = TimeUnit.DAYS.toMillis(1);
  /** The exchange ends by itself when its time is over, unless all of this has ended. */
  private static final long GRACE_MILLIS = 1000;

  private Messages() {}

  /**
   * Asks with JSON and waits for the answer.
   *
   * @param timeoutMillis from 1 to a day
   * @throws MessageException if there is no answer in this time
   * @throws IllegalArgumentException if the payload is not JSON
   */
  public static Message ask(String topic, String json, long timeoutMillis) throws InterruptedException {
    return ask(topic, true, checked(json), timeoutMillis);
  }

  /**
   * Asks with bytes and waits for the answer.
   *
   * @param timeoutMillis from 1 to a day
   * @throws MessageException if there is no answer in this time
   */
  public static Message ask(String topic, byte[] payload, long timeoutMillis) throws InterruptedException {
    return ask(topic, false, payload.clone(), timeoutMillis);
  }

  /**
   * Sends JSON, and does not wait until it has arrived.
   *
   * @throws MessageException if it cannot be taken
   * @throws IllegalArgumentException if the payload is not JSON
   */
  public static void send(String topic, String json) {
    send(topic, true, checked(json));
  }

  /**
   * Sends bytes, and does not wait until they have arrived.
   *
   * @throws MessageException if they cannot be taken
   */
  public static void send(String topic, byte[] payload) {
    send(topic, false, payload.clone());
  }

  /**
   * Lets a handler answer a topic from now on, instead of the one before it. Only in the driver.
   *
   * @throws MessageException if this is not the driver, or messages are off
   * @throws IllegalArgumentException if the topic cannot be one
   */
  public static void handle(String topic, MessageHandler handler) {
    Dispatcher dispatcher = service().dispatcher();
    if (dispatcher == null) {
      throw new MessageException(Reason.UNAVAILABLE, "messages are handled in the driver; this is an executor");
    }
    dispatcher.handle(topic, handler);
  }

  private static Message ask(String topic, boolean json, byte[] body, long timeoutMillis)
      throws InterruptedException {
    if (timeoutMillis < 1 || timeoutMillis > MAX_TIMEOUT_MILLIS) {
      throw new IllegalArgumentException("timeoutMillis=" + timeoutMillis + ": expected 1 to " + MAX_TIMEOUT_MILLIS);
    }
    MessageService service = service();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    CompletableFuture<Answer> done = new CompletableFuture<>();
    service.carry(new Exchange(new Message(topic, service.id(), json, body), true, deadline, done::complete));
    Answer answer = await(done, timeoutMillis + GRACE_MILLIS);
    return new Message(topic, MessageService.DRIVER, answer.isJson(), answer.body());
  }

  private static void send(String topic, boolean json, byte[] body) {
    MessageService service = service();
    CompletableFuture<Answer> done = new CompletableFuture<>();
    service.carry(new Exchange(new Message(topic, service.id(), json, body), false, System.nanoTime(), done::complete));
    // Complete already: nobody waits for what becomes of it.
    throwIfFailed(done.join());
  }

  private static Answer await(CompletableFuture<Answer> done, long millis) throws InterruptedException {
    try {
      return throwIfFailed(done.get(millis, TimeUnit.MILLISECONDS));
    } catch (TimeoutException stopped) {
      throw new MessageException(Reason.UNAVAILABLE, "the application is stopping");
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static Answer throwIfFailed(Answer answer) {
    if (answer.reason() != null) {
      throw new MessageException(answer.reason(), answer.sentence());
    }
    return answer;
  }

  private static MessageService service() {
    MessageService service = MessageService.active();
    if (service == null) {
      throw new MessageException(
          Reason.UNAVAILABLE, "there are no messages in this JVM: the plugin is not loaded, or spark.exporter.messages=false");
    }
    return service;
  }

  private static byte[] checked(String json) {
    try {
      JsonReader.read(json);
    } catch (JsonException bad) {
      throw new IllegalArgumentException("the payload: " + bad.getMessage(), bad);
    }
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
