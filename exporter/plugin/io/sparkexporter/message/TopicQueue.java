package io.sparkexporter.message;

import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.MessageHandler;
import io.sparkexporter.json.JavaValues;
import io.sparkexporter.json.JsonException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A topic's messages to a handler in this JVM: one after the other, so that a slow topic delays only itself. */
final class TopicQueue {
  private static final long IDLE_SECONDS = 30;

  private final MessageHandler handler;
  private final Limits limits;
  private final AtomicLong bytes;
  private final ThreadPoolExecutor thread;

  /** Makes a queue; its thread starts with the first message. */
  TopicQueue(String topic, MessageHandler handler, Limits limits, AtomicLong bytesOfAllTopics) {
    this.handler = handler;
    this.limits = limits;
    this.bytes = bytesOfAllTopics;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(Limits.MESSAGES),
            work -> {
              Thread made = new Thread(work, "spark-exporter-topic-" + topic);
              made.setDaemon(true);
              return made;
            });
    thread.allowCoreThreadTimeOut(true);
  }

  void add(Exchange exchange) {
    int length = exchange.message().bytes().length;
    if (bytes.addAndGet(length) > limits.maxBytes()) {
      bytes.addAndGet(-length);
      refuse(exchange, "too many bytes");
      return;
    }
    try {
      thread.execute(
          () -> {
            bytes.addAndGet(-length);
            if (!exchange.isOver()) {
              exchange.finish(handle(exchange));
            }
          });
    } catch (RejectedExecutionException full) {
      bytes.addAndGet(-length);
      refuse(exchange, Limits.MESSAGES + " messages");
    }
  }

  private static void refuse(Exchange exchange, String what) {
    exchange.finish(
        Answer.failed(Reason.OVERLOADED, what + " wait for the handler of \"" + exchange.message().topic() + "\" already"));
  }

  private Answer handle(Exchange exchange) {
    try {
      Object result = answer(exchange);
      if (!exchange.isReplyWanted()) {
        return Answer.taken();
      }
      boolean json = !(result instanceof byte[]);
      byte[] body = json ? JavaValues.toJson(result).getBytes(StandardCharsets.UTF_8) : (byte[]) result;
      return body.length > limits.maxPayload()
          ? Answer.failed(Reason.TOO_LARGE, limits.tooLarge("the answer", body.length))
          : Answer.of(json, body);
    } catch (JsonException strange) {
      return Answer.failed(Reason.HANDLER_FAILED, "what the handler returned: " + strange.getMessage());
    } catch (Throwable failure) {
      return Answer.failed(Reason.HANDLER_FAILED, Failures.text(failure));
    }
  }

  private Object answer(Exchange exchange) throws Exception {
    try {
      return handler.handle(exchange.message());
    } finally {
      // A handler may leave its thread interrupted; what is sent after it must not end because of that.
      Thread.interrupted();
    }
  }

  /** Takes no more messages; those that are there are still handled. */
  void retire() {
    thread.shutdown();
  }

  void stop() {
    thread.shutdownNow();
  }
}
