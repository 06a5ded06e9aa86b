package io.sparkexporter.control;

import io.sparkexporter.event.EventHandler;
import io.sparkexporter.event.EventMessage;
import io.sparkexporter.event.EventOutcome;
import io.sparkexporter.event.EventQueue;
import io.sparkexporter.event.EventRefused;
import io.sparkexporter.event.EventRequest;
import io.sparkexporter.event.EventStore;
import io.sparkexporter.event.Member;
import io.sparkexporter.event.Members;
import io.sparkexporter.live.LiveChange;
import io.sparkexporter.live.LiveCopy;
import io.sparkexporter.live.LiveRefused;
import io.sparkexporter.live.LiveStore;
import io.sparkexporter.live.Proposal;
import io.sparkexporter.live.Rule;
import io.sparkexporter.report.ControlReply;
import io.sparkexporter.report.ControlReport;
import io.sparkexporter.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** What comes from outside, in the driver: the live configuration and the events of the whole application. Thread-safe. */
public final class DriverControl {
  private static final int MAX_AUDITED_KEYS = 1000;

  private final String boot;
  private final DoubleSupplier clock;
  private final LiveCopy copy;
  private final LiveStore live = new LiveStore();
  private final Members members;
  private final EventStore events;
  private final EventQueue queue;
  private volatile Runnable changed = () -> {};
  private List<String> audits = new ArrayList<>();
  private boolean dirty;
  private boolean finished;

  /**
   * Makes the control of an application in which nothing was set and sent.
   *
   * @param boot what tells this driver from another one
   * @param members with the driver in it
   * @param copy the driver's own copy of the live configuration
   * @param handler of the driver's own events
   * @param ids gives what tells one event from another
   * @param clock Unix time in seconds
   */
  public DriverControl(
      String boot,
      Members members,
      LiveCopy copy,
      EventHandler handler,
      Supplier<String> ids,
      DoubleSupplier clock) {
    this.boot = boot;
    this.members = members;
    this.copy = copy;
    this.clock = clock;
    this.events = new EventStore(members, ids);
    this.queue = new EventQueue(handler, this::endedHere);
  }

  /** Has this called whenever there is something new to show; it may take locks of its own. */
  public void onChange(Runnable listener) {
    changed = listener;
  }

  // ---- the live configuration

  /**
   * Changes the live configuration.
   *
   * @param expected version that the client believes to be the present one; null if he does not care
   * @return the present configuration
   */
  public ConfigState patch(Map<String, Object> changes, Long expected, Author author) throws LiveRefused {
    ConfigState state;
    do {
      Proposal proposal;
      synchronized (this) {
        proposal = live.propose(changes, expected);
      }
      // Not under the lock: a pattern may take its time, and reports must not wait for it.
      proposal.check();
      state = make(proposal, author);
    } while (state == null);
    settle();
    return state;
  }

  /** Changes what was proposed; returns null if it must be checked again, for rules have changed meanwhile. */
  private synchronized ConfigState make(Proposal proposal, Author author) throws LiveRefused {
    List<String> keys = live.patch(proposal);
    if (keys == null) {
      return null;
    }
    if (!keys.isEmpty()) {
      dirty = true;
      String shown = String.join(",", keys);
      audits.add(
          "config version=" + live.version()
              + " keys=" + (shown.length() <= MAX_AUDITED_KEYS ? shown : shown.substring(0, MAX_AUDITED_KEYS) + "...")
              + " actor=" + author.actor()
              + " from=" + author.address());
    }
    applyHere();
    return ConfigState.of(boot, live, members, live.version());
  }

  /** Brings the driver's own copy up to date, which may have failed before. */
  private void applyHere() {
    LiveChange change = live.since(copy.version());
    if (change != null) {
      copy.apply(change);
    }
    dirty |= members.driver().holds(copy.version());
  }

  /**
   * Declares what a key of the live configuration accepts from now on.
   *
   * @throws LiveRefused if the rule is none, or the present value does not fit; in the latter case the rule counts all the same
   */
  public void declare(String key, Map<String, Object> rule) throws LiveRefused {
    Rule made = Rule.of(key, rule);
    Object present;
    synchronized (this) {
      present = live.declare(made);
    }
    made.checkPresent(present);
  }

  /**
   * Returns the live configuration, at latest after so many milliseconds, and when every live JVM has a version, or a later one.
   *
   * @param version null for the present one
   */
  public ConfigState config(Long version, long millis) throws InterruptedException {
    long deadline = deadline(millis);
    synchronized (this) {
      long wanted = version == null ? live.version() : version;
      ConfigState state = ConfigState.of(boot, live, members, wanted);
      while (!state.isComplete() && await(deadline)) {
        state = ConfigState.of(boot, live, members, wanted);
      }
      return state;
    }
  }

  // ---- events

  /** Accepts an event, and begins to deliver it. */
  public EventStore.Accepted accept(EventRequest request, Author author) throws EventRefused {
    EventStore.Accepted accepted;
    synchronized (this) {
      double now = clock.getAsDouble();
      accepted = events.accept(request, author.actor(), author.address(), now);
      dirty |= accepted.isNew();
      deliverHere(now);
    }
    settle();
    return accepted;
  }

  private void deliverHere(double now) {
    List<EventMessage> pending = events.pending(members.driver(), now);
    while (!pending.isEmpty()) {
      for (EventMessage message : pending) {
        events.confirm(members.driver(), message.sequence(), now);
        queue.add(message.sequence(), message.event());
      }
      pending = events.pending(members.driver(), now);
    }
  }

  private void endedHere(long sequence, EventOutcome outcome) {
    synchronized (this) {
      dirty |= events.end(members.driver().id(), sequence, outcome, clock.getAsDouble());
    }
    settle();
  }

  /** Returns an event as JSON, at latest after so many milliseconds, and when it has ended; null if there is none. */
  public String event(String id, long millis) throws InterruptedException {
    long deadline = deadline(millis);
    String json;
    synchronized (this) {
      expire();
      while (!events.isDone(id) && await(deadline)) {
        expire();
      }
      json = events.json(id);
    }
    settle();
    return json;
  }

  /** Returns the newest events as JSON. */
  public String events() {
    String json;
    synchronized (this) {
      expire();
      json = events.json();
    }
    settle();
    return json;
  }

  // ---- executors

  /** Takes in what a report says, and returns what the JVM may lack; null if it does not take part. */
  public ControlReply received(Report report) {
    ControlReport said = report.control;
    ControlReply reply;
    synchronized (this) {
      expire();
      if (report.executorId.equals(members.driver().id())) {
        applyHere();
      }
      reply = said == null ? null : received(report, said);
    }
    settle();
    return reply;
  }

  private ControlReply received(Report report, ControlReport said) {
    double now = clock.getAsDouble();
    Member member = members.reporting(report.executorId);
    List<EventMessage> pending = new ArrayList<>();
    if (member != null) {
      dirty |= events.begin(member, report.session, now);
      dirty |= member.holds(said.version());
      dirty |= events.confirm(member, said.received(), now);
      pending = events.pending(member, now);
    }
    said.outcomes().forEach((sequence, outcome) -> dirty |= events.end(report.executorId, sequence, outcome, now));
    return new ControlReply(live.since(said.version()), pending, said.outcomes().keySet());
  }

  /** Notes that Spark has added an executor. */
  public synchronized void executorAdded(String id) {
    members.add(id);
  }

  /** Notes that Spark has removed an executor. */
  public void executorRemoved(String id, String reason) {
    synchronized (this) {
      dirty |= events.remove(id, reason, clock.getAsDouble());
      // Who waits for every live JVM need not wait for this one.
      notifyAll();
    }
    settle();
  }

  /** Version of the live configuration that a JVM holds; -1 if it is not live. */
  public synchronized long versionAt(String id) {
    Member member = members.get(id);
    return member == null ? -1 : member.version();
  }

  // ---- all of it

  /** Returns what a snapshot shows. */
  public synchronized ControlSnapshot snapshot() {
    return new ControlSnapshot(live.version(), events.statistics().copy());
  }

  /** Ends everything that is open, and lets everybody go who waits. */
  public void finish() {
    queue.close();
    synchronized (this) {
      finished = true;
      events.finish(clock.getAsDouble());
      dirty = true;
    }
    settle();
  }

  private void expire() {
    dirty |= events.expire(clock.getAsDouble());
  }

  private static long deadline(long millis) {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Waits for something new; returns false if the time is over, or the application. */
  private boolean await(long deadline) throws InterruptedException {
    long left = deadline - System.nanoTime();
    if (left <= 0 || finished) {
      return false;
    }
    double expiry = 1e9 * Math.max(0.001, events.nextExpiry() - clock.getAsDouble());
    TimeUnit.NANOSECONDS.timedWait(this, (long) Math.min(left, expiry));
    return true;
  }

  /** Tells others, without holding the lock: what they do with it may need locks of theirs. */
  private void settle() {
    List<String> lines;
    boolean news;
    synchronized (this) {
      lines = audits;
      audits = new ArrayList<>();
      lines.addAll(events.takeAudits());
      news = dirty;
      dirty = false;
      if (news) {
        notifyAll();
      }
    }
    lines.forEach(AuditLog::write);
    if (news) {
      changed.run();
    }
  }
}
