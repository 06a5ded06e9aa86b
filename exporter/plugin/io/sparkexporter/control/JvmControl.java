package io.sparkexporter.control;

import io.sparkexporter.event.EventMessage;
import io.sparkexporter.event.EventOutcome;
import io.sparkexporter.event.EventQueue;
import io.sparkexporter.live.LiveChange;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.report.ControlExchange;
import io.sparkexporter.report.ControlReply;
import io.sparkexporter.report.ControlReport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What comes from outside, in one executor: takes it out of the replies to its reports, each event once, and reports what
 * became of it until the driver confirms that. Thread-safe.
 */
public final class JvmControl implements ControlExchange, EventQueue.Listener {
  /** Most text of outcomes in one report; what exceeds it waits for the next. */
  private static final int MAX_REPORT = 1 << 20;

  private final LiveCopy copy;
  private final CountDownLatch answered = new CountDownLatch(1);
  private final Map<Long, EventOutcome> unconfirmed = new LinkedHashMap<>();
  private volatile Runnable nudge = () -> {};
  private volatile EventQueue queue;
  private long received;

  /** Makes the control of a JVM with this copy of the live configuration. */
  public JvmControl(LiveCopy copy) {
    this.copy = copy;
  }

  /**
   * Connects what belongs to it. To be called before the first report.
   *
   * @param events gets the events
   * @param soon has a report made soon
   */
  public void connect(EventQueue events, Runnable soon) {
    queue = events;
    nudge = soon;
  }

  @Override
  public synchronized ControlReport next() {
    Map<Long, EventOutcome> outcomes = new LinkedHashMap<>();
    int room = MAX_REPORT;
    for (Map.Entry<Long, EventOutcome> entry : unconfirmed.entrySet()) {
      EventOutcome outcome = entry.getValue();
      room -= 100 + length(outcome.result()) + length(outcome.error());
      if (room < 0 && !outcomes.isEmpty()) {
        break;
      }
      outcomes.put(entry.getKey(), outcome);
    }
    return new ControlReport(copy.version(), received, outcomes);
  }

  private static int length(String text) {
    return text == null ? 0 : text.length();
  }

  @Override
  public synchronized boolean accept(ControlReply reply) {
    LiveChange change = reply.change();
    boolean changed = change != null && copy.apply(change);
    if (change == null) {
      copy.heard();
    }
    boolean confirmed = unconfirmed.keySet().removeAll(reply.confirmed());
    boolean arrived = false;
    for (EventMessage message : reply.events()) {
      // What was here already comes again when a report is lost, or its reply.
      if (message.sequence() > received) {
        received = message.sequence();
        queue.add(message.sequence(), message.event());
        arrived = true;
      }
    }
    answered.countDown();
    return changed || arrived || confirmed && !unconfirmed.isEmpty();
  }

  @Override
  public void ended(long sequence, EventOutcome outcome) {
    synchronized (this) {
      unconfirmed.put(sequence, outcome);
    }
    nudge.run();
  }

  /** Waits, at most this long, for the first reply, and with it for the present configuration. */
  public void awaitFirst(long millis) {
    try {
      answered.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
