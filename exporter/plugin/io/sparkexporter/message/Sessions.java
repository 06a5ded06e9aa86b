package io.sparkexporter.message;

import io.sparkexporter.Message;
import io.sparkexporter.MessageException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The driver's side of the executors' pumps: takes each message once, and keeps the answers until they have arrived. */
final class Sessions {
  /** Enough for every executor that an application ever has. */
  private static final int MAX_SESSIONS = 10_000;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(5);
  /** An executor with something open asks at least every few seconds; after this it is gone. */
  private static final long GONE_NANOS = TimeUnit.MINUTES.toNanos(2);
  /** The driver's only thread for this takes a part of a millisecond for each call, and has reports to take too. */
  private static final int CALLS_PER_MILLI = 4;

  private final Route route;
  private final Limits limits;
  private final AtomicLong heldBytes = new AtomicLong();
  private final Map<Long, Session> sessions = new LinkedHashMap<>(16, 0.75f, true);
  private long lookedAt = System.nanoTime() - LOOK_NANOS;
  private volatile int gapMillis;

  Sessions(Route route, Limits limits) {
    this.route = route;
    this.limits = limits;
  }

  /** Takes in what an executor sends; returns at once with the answers that are there. */
  byte[] receive(byte[] bytes) throws IOException {
    Batch batch = Batch.fromBytes(bytes);
    long now = System.nanoTime();
    Session session = session(batch.session, now);
    for (Exchange exchange : session.take(batch)) {
      route.carry(exchange);
    }
    return session.reply(batch.session, gapMillis).toBytes();
  }

  private synchronized Session session(long number, long now) {
    Session session = sessions.computeIfAbsent(number, any -> new Session());
    session.heard = now;
    if (now - lookedAt > LOOK_NANOS) {
      lookedAt = now;
      forget(now);
      int recent = 0;
      for (Session one : sessions.values()) {
        recent += now - one.heard < RECENT_NANOS ? 1 : 0;
      }
      gapMillis = recent / CALLS_PER_MILLI;
    }
    return session;
  }

  private void forget(long now) {
    Iterator<Session> eldest = sessions.values().iterator();
    while (sessions.size() > MAX_SESSIONS) {
      eldest.next().drop();
      eldest.remove();
    }
    // In the order of their last words, so the first one that is still there ends this.
    for (Session one : sessions.values()) {
      if (now - one.heard < GONE_NANOS) {
        return;
      }
      one.drop();
    }
  }

  /** One executor. */
  private final class Session {
    private final Map<Long, Answer> answers = new TreeMap<>();
    private long known;
    private long heard;

    synchronized List<Exchange> take(Batch batch) {
      for (Long number : batch.received) {
        release(answers.remove(number));
      }
      List<Exchange> fresh = new ArrayList<>(batch.messages.size());
      for (Batch.Numbered<Batch.Outgoing> message : batch.messages) {
        // A batch whose reply was lost comes again, perhaps with more.
        if (message.number > known) {
          known = message.number;
          fresh.add(exchange(message.number, message.value, batch.executorId));
        }
      }
      return fresh;
    }

    private Exchange exchange(long number, Batch.Outgoing message, String executorId) {
      boolean wanted = message.replyWanted;
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(message.millisLeft);
      return new Exchange(
          new Message(message.topic, executorId, message.json, message.body),
          wanted,
          deadline,
          answer -> {
            if (wanted) {
              keep(number, answer);
            }
          });
    }

    private synchronized void keep(long number, Answer answer) {
      int length = answer.body().length;
      if (heldBytes.addAndGet(length) > limits.maxBytes()) {
        heldBytes.addAndGet(-length);
        answers.put(number, Answer.failed(Reason.OVERLOADED, "too many answers are under way to the executors"));
      } else {
        answers.put(number, answer);
      }
    }

    synchronized Batch reply(long session, int gapMillis) {
      Batch reply = new Batch();
      reply.session = session;
      reply.known = known;
      reply.gapMillis = gapMillis;
      int room = Limits.BATCH_BYTES;
      for (Map.Entry<Long, Answer> entry : answers.entrySet()) {
        room -= entry.getValue().body().length;
        if (room < 0 && !reply.answers.isEmpty()) {
          break;
        }
        reply.answers.add(new Batch.Numbered<>(entry.getKey(), entry.getValue()));
      }
      return reply;
    }

    synchronized void drop() {
      answers.values().forEach(this::release);
      answers.clear();
    }

    private void release(Answer answer) {
      if (answer != null) {
        heldBytes.addAndGet(-answer.body().length);
      }
    }
  }
}
