package io.sparkexporter.message;

import io.sparkexporter.MessageException.Reason;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Carries the messages of an executor to the driver and the answers back.
 *
 * <p>Spark's plugin RPC is served by one thread in the driver, which cannot wait for handlers. So a thread here asks again and
 * again while an answer is missing: soon at first, then less and less often. It is there only while there is work.
 */
public final class Pump implements Route {
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_MILLIS = 50;
  private static final long CONFIRM_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final String executorId;
  private final Channel channel;
  private final Limits limits;
  private final Deadlines deadlines;
  private final long session = new SecureRandom().nextLong();
  /** Messages that the driver is not known to have, by number. */
  private final TreeMap<Long, Pending> unconfirmed = new TreeMap<>();
  /** Messages that the driver has and has not answered. */
  private final Map<Long, Pending> open = new TreeMap<>();
  private final Set<Long> received = new HashSet<>();
  private long lastNumber;
  private long unconfirmedBytes;
  private boolean fresh;
  private boolean stopped;
  private long pauseNanos = FIRST_PAUSE_NANOS;
  private long gapNanos;
  private long backoffNanos;
  private String unreachable;
  private Thread thread;

  /** The way to the driver. */
  public interface Channel {
    /** Sends messages and returns the reply, or null if nobody takes messages. */
    byte[] ask(byte[] batch) throws Exception;
  }

  private static final class Pending {
    final Exchange exchange;
    ScheduledFuture<?> timeout;

    Pending(Exchange exchange) {
      this.exchange = exchange;
    }
  }

  /** Makes a pump; its thread starts with the first message. */
  public Pump(String executorId, Channel channel, Limits limits, Deadlines deadlines) {
    this.executorId = executorId;
    this.channel = channel;
    this.limits = limits;
    this.deadlines = deadlines;
  }

  @Override
  public void carry(Exchange exchange) {
    Answer refused = accept(exchange);
    if (refused != null) {
      exchange.finish(refused);
    } else if (!exchange.isReplyWanted()) {
      exchange.finish(Answer.taken());
    }
  }

  private synchronized Answer accept(Exchange exchange) {
    if (stopped) {
      return Answer.failed(Reason.UNAVAILABLE, "the executor is stopping");
    }
    if (unconfirmed.size() + open.size() >= Limits.MESSAGES) {
      return Answer.failed(
          Reason.OVERLOADED, Limits.MESSAGES + " messages of this executor are under way; one more cannot be taken");
    }
    if (unconfirmedBytes + exchange.message().bytes().length > limits.maxBytes()) {
      return Answer.failed(
          Reason.OVERLOADED, unconfirmedBytes + " bytes wait for the driver; this message cannot be taken");
    }
    if (!wake()) {
      return Answer.failed(Reason.UNAVAILABLE, "no thread could be started in this executor");
    }
    long number = ++lastNumber;
    Pending pending = new Pending(exchange);
    unconfirmed.put(number, pending);
    unconfirmedBytes += exchange.message().bytes().length;
    if (exchange.isReplyWanted()) {
      pending.timeout = deadlines.after(exchange.millisLeft(), () -> expire(number));
    }
    fresh = true;
    return null;
  }

  /** Lets the thread look what is new once the lock is free; returns whether there is one. */
  private boolean wake() {
    notifyAll();
    if (thread == null) {
      Thread made = new Thread(this::run, "spark-exporter-messages");
      made.setDaemon(true);
      try {
        made.start();
      } catch (OutOfMemoryError noThread) {
        return false;
      }
      thread = made;
    }
    return true;
  }

  private void expire(long number) {
    Pending pending;
    String cause;
    synchronized (this) {
      boolean sent = open.containsKey(number);
      pending = sent ? open.remove(number) : confirm(number);
      cause = sent ? null : unreachable;
    }
    if (pending != null) {
      pending.exchange.finish(
          cause == null
              ? Answer.failed(Reason.TIMEOUT, "no answer in time to \"" + pending.exchange.message().topic() + "\"")
              : Answer.failed(Reason.UNAVAILABLE, "the driver could not be reached: " + cause));
    }
  }

  private Pending confirm(long number) {
    Pending pending = unconfirmed.remove(number);
    if (pending != null) {
      unconfirmedBytes -= pending.exchange.message().bytes().length;
    }
    return pending;
  }

  private void run() {
    try {
      while (awaitWork()) {
        call();
      }
    } catch (Throwable failure) {
      // Nothing may leave this thread: Spark's handler would end the JVM. The next message starts another one.
      synchronized (this) {
        unreachable = String.valueOf(failure);
        thread = null;
      }
    }
  }

  /** Waits until it is time to call the driver; returns false when the thread has nothing more to do. */
  private synchronized boolean awaitWork() {
    long start = System.nanoTime();
    while (!stopped) {
      long wait = waitNanos() - (System.nanoTime() - start);
      if (wait <= 0) {
        if (unconfirmed.isEmpty() && open.isEmpty() && received.isEmpty()) {
          break;
        }
        return true;
      }
      try {
        // Rounded up, because a wait of no time is one without end.
        wait(TimeUnit.NANOSECONDS.toMillis(wait), (int) (wait % 1_000_000));
      } catch (InterruptedException woken) {
        // Nobody of ours interrupts this thread; whoever does wakes it.
      }
    }
    thread = null;
    notifyAll();
    return false;
  }

  /** How long after the last call the next one is due. */
  private long waitNanos() {
    if (backoffNanos > 0) {
      return backoffNanos;
    }
    if (fresh) {
      return gapNanos;
    }
    if (!unconfirmed.isEmpty() || !open.isEmpty()) {
      return Math.max(gapNanos, pauseNanos);
    }
    return received.isEmpty() ? IDLE_NANOS : CONFIRM_NANOS;
  }

  private void call() {
    try {
      Batch batch = next();
      byte[] answer = channel.ask(batch.toBytes());
      if (answer == null) {
        throw new IOException("the driver takes no messages");
      }
      take(batch, Batch.fromBytes(answer));
    } catch (Throwable failure) {
      failed(failure.getMessage() == null ? failure.toString() : failure.getMessage());
    }
  }

  private synchronized Batch next() {
    fresh = false;
    Batch batch = new Batch();
    batch.session = session;
    batch.executorId = executorId;
    batch.received = new ArrayList<>(received);
    int room = Limits.BATCH_BYTES;
    for (Map.Entry<Long, Pending> entry : unconfirmed.entrySet()) {
      Exchange exchange = entry.getValue().exchange;
      room -= exchange.message().bytes().length;
      if (room < 0 && !batch.messages.isEmpty()) {
        fresh = true;
        break;
      }
      batch.messages.add(
          new Batch.Numbered<>(
              entry.getKey(),
              new Batch.Outgoing(
                  exchange.message().topic(),
                  exchange.message().isJson(),
                  exchange.isReplyWanted(),
                  exchange.isReplyWanted() ? exchange.millisLeft() : 0,
                  exchange.message().bytes())));
    }
    return batch;
  }

  private synchronized void failed(String cause) {
    unreachable = cause;
    backoffNanos = Math.min(LONGEST_BACKOFF_NANOS, Math.max(FIRST_BACKOFF_NANOS, 2 * backoffNanos));
  }

  private void take(Batch sent, Batch reply) {
    List<Pending> done = new ArrayList<>();
    List<Answer> answers = new ArrayList<>();
    synchronized (this) {
      unreachable = null;
      backoffNanos = 0;
      gapNanos = TimeUnit.MILLISECONDS.toNanos(reply.gapMillis);
      received.removeAll(new HashSet<>(sent.received));
      confirmUpTo(reply.known);
      for (Batch.Numbered<Answer> answer : reply.answers) {
        received.add(answer.number);
        Pending pending = open.remove(answer.number);
        if (pending != null) {
          done.add(pending);
          answers.add(answer.value);
        }
      }
      boolean progress = !answers.isEmpty() || !sent.messages.isEmpty();
      long longest = TimeUnit.MILLISECONDS.toNanos(Math.max(LONGEST_PAUSE_MILLIS, 4L * reply.gapMillis));
      pauseNanos = progress ? FIRST_PAUSE_NANOS : Math.min(longest, pauseNanos + pauseNanos / 2);
      notifyAll();
    }
    for (int i = 0; i < done.size(); i++) {
      done.get(i).timeout.cancel(false);
      done.get(i).exchange.finish(answers.get(i));
    }
  }

  private void confirmUpTo(long known) {
    for (Long number : new ArrayList<>(unconfirmed.headMap(known, true).keySet())) {
      Pending pending = confirm(number);
      pending.exchange.dropBody();
      if (pending.exchange.isReplyWanted()) {
        open.put(number, pending);
      }
    }
  }

  /** Takes no more messages, gives those that are under way so much time, and ends. */
  public void stop(long patienceMillis) {
    List<Pending> left = new ArrayList<>();
    synchronized (this) {
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
      try {
        for (long wait = 1; !unconfirmed.isEmpty() && wait > 0; ) {
          wait = deadline - System.nanoTime();
          TimeUnit.NANOSECONDS.timedWait(this, wait);
        }
      } catch (InterruptedException impatient) {
        Thread.currentThread().interrupt();
      }
      stopped = true;
      left.addAll(unconfirmed.values());
      left.addAll(open.values());
      unconfirmed.clear();
      open.clear();
      notifyAll();
    }
    for (Pending pending : left) {
      pending.exchange.finish(Answer.failed(Reason.UNAVAILABLE, "the executor is stopping"));
    }
  }
}
