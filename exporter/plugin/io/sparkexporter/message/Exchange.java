package io.sparkexporter.message;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** One message on its way, and the one who wants to know what became of it. */
public final class Exchange {
  private static final byte[] NOTHING = {};

  private final String topic;
  private final String from;
  private final boolean json;
  private volatile byte[] body;
  private final boolean replyWanted;
  private final long deadline;
  private final AtomicReference<Consumer<Answer>> waiting;

  /**
   * Makes one.
   *
   * @param from id of the executor that it comes from, or "driver"
   * @param json whether the body is JSON text
   * @param replyWanted false: done as soon as somebody has taken it over
   * @param deadline in {@link System#nanoTime} terms; of no meaning if no reply is wanted
   * @param done is told once; must not block
   */
  public Exchange(
      String topic,
      String from,
      boolean json,
      byte[] body,
      boolean replyWanted,
      long deadline,
      Consumer<Answer> done) {
    this.topic = topic;
    this.from = from;
    this.json = json;
    this.body = body;
    this.replyWanted = replyWanted;
    this.deadline = deadline;
    this.waiting = new AtomicReference<>(done);
  }

  /** Returns the same message for somebody else to carry, who tells this one how it ended. The payload goes with it. */
  Exchange handOver(Consumer<Answer> done) {
    Exchange next = new Exchange(topic, from, json, body, replyWanted, deadline, done);
    dropBody();
    return next;
  }

  /** Keeps the payload no longer, because it is on its way. */
  public void dropBody() {
    body = NOTHING;
  }

  public String topic() {
    return topic;
  }

  public String from() {
    return from;
  }

  public boolean isJson() {
    return json;
  }

  public byte[] body() {
    return body;
  }

  public boolean isReplyWanted() {
    return replyWanted;
  }

  /** Time that is left for the answer, in milliseconds; negative if it is over. */
  public long millisLeft() {
    return TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
  }

  /** Whether the end is known already, so that no work needs to be done for it. */
  public boolean isOver() {
    return waiting.get() == null;
  }

  /** Tells how it ended; only the first call counts. */
  public boolean finish(Answer answer) {
    Consumer<Answer> done = waiting.getAndSet(null);
    if (done == null) {
      return false;
    }
    done.accept(answer);
    return true;
  }
}
