package io.sparkexporter.message;

import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.MessageHandler;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Brings messages to their handlers in the driver, in its JVM or else in its Python process. */
public final class Dispatcher implements Route {
  private final Limits limits;
  private final Deadlines deadlines;
  private final MessageCounts counts;
  private final Map<String, TopicQueue> topics = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicReference<Remote> remote = new AtomicReference<>();

  /** Makes one without handlers. */
  public Dispatcher(Limits limits, Deadlines deadlines, MessageCounts counts) {
    this.limits = limits;
    this.deadlines = deadlines;
    this.counts = counts;
  }

  /** Sets who has the handlers that are not in this JVM. */
  public void setRemote(Remote elsewhere) {
    remote.set(elsewhere);
  }

  /**
   * Lets a handler in this JVM answer a topic, instead of the one before it.
   *
   * @throws IllegalArgumentException if the topic cannot be one
   */
  public void handle(String topic, MessageHandler handler) {
    limits.checkTopic(topic);
    TopicQueue before = topics.put(topic, new TopicQueue(topic, handler, limits, bytes));
    if (before != null) {
      before.retire();
    }
  }

  /** Whether a handler in this JVM answers a topic. */
  public boolean handles(String topic) {
    return topics.containsKey(topic);
  }

  @Override
  public void carry(Exchange exchange) {
    String topic = exchange.message().topic();
    TopicQueue queue = topics.get(topic);
    Remote elsewhere = remote.get();
    boolean known = queue != null || elsewhere != null && elsewhere.handles(topic);
    counts.add(known, topic, exchange.isReplyWanted() ? "asked" : "sent");
    Exchange counted = counted(exchange, known);
    if (queue != null) {
      queue.add(counted);
    } else if (known) {
      elsewhere.carry(counted);
    } else {
      counted.finish(Answer.failed(Reason.NO_HANDLER, "no handler for \"" + topic + "\" in the driver"));
    }
  }

  /** Returns the same message, whose end is counted and comes in time. */
  private Exchange counted(Exchange exchange, boolean known) {
    boolean wanted = exchange.isReplyWanted();
    AtomicReference<ScheduledFuture<?>> timeout = new AtomicReference<>();
    Exchange counted =
        exchange.handOver(
            answer -> {
              ScheduledFuture<?> pending = timeout.get();
              if (pending != null) {
                pending.cancel(false);
              }
              if (answer.reason() != null) {
                counts.add(known, exchange.message().topic(), answer.reason().code());
              } else if (wanted) {
                counts.add(known, exchange.message().topic(), "answered");
              }
              exchange.finish(answer);
            });
    if (wanted) {
      timeout.set(
          deadlines.after(
              exchange.millisLeft(),
              () -> counted.finish(Answer.failed(Reason.TIMEOUT, "no answer in time to \"" + exchange.message().topic() + "\""))));
    }
    return counted;
  }

  /** Ends all threads. */
  void stop() {
    topics.values().forEach(TopicQueue::stop);
  }
}
