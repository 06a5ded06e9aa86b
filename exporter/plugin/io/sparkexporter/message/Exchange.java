package io.sparkexporter.message;

import io.sparkexporter.Message;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** One message on its way, and the one who wants to know what became of it. */
public final class Exchange {
  private static final byte[] NOTHING = {};

  private volatile Message message;
  private final boolean replyWanted;
  private final long deadline;
  private final AtomicReference<Consumer<Answer>> waiting;

  /**
   * Makes one.
   *
   * @param replyWanted false: done as soon as somebody has taken it over
   * @param deadline in {@link System#nanoTime} terms; of no meaning if no reply is wanted
   * @param done is told once; must not block
   */
  public Exchange(Message message, boolean replyWanted, long deadline, Consumer<Answer> done) {
    this.message = message;
    this.replyWanted = replyWanted;
    this.deadline = deadline;
    this.waiting = new AtomicReference<>(done);
  }

  /** Returns the same message for somebody else to carry, who tells this one how it ended. The payload goes with it. */
  Exchange handOver(Consumer<Answer> done) {
    Exchange next = new Exchange(message, replyWanted, deadline, done);
    dropBody();
    return next;
  }

  /** Keeps the payload no longer, because it is on its way. */
  public void dropBody() {
    message = new Message(message.topic(), message.from(), message.isJson(), NOTHING);
  }

  /** What is on its way; without its payload once that is dropped. */
  public Message message() {
    return message;
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
