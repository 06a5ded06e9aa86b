package io.sparkexporter.event;

import io.sparkexporter.event.EventRecord.Recipient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The events of the application, in the driver: who has which, and what became of it. Guarded by its owner. */
public final class EventStore {
  /** Most events that are remembered. */
  public static final int MAX_EVENTS = 1000;

  /** Most memory for payloads and results. */
  private static final long MAX_BYTES = 16 << 20;
  /** Most text of events in one reply. */
  private static final int MAX_REPLY = 1 << 20;

  private final Members members;
  private final Supplier<String> ids;
  private final Map<String, EventRecord> events = new LinkedHashMap<>();
  private final Map<Long, EventRecord> bySequence = new HashMap<>();
  private final PriorityQueue<EventRecord> expiring =
      new PriorityQueue<>(Comparator.comparingDouble((EventRecord event) -> event.expires));
  private final IdempotencyKeys keys = new IdempotencyKeys();
  private final EventStatistics statistics = new EventStatistics();
  private List<String> audits = new ArrayList<>();
  private long sequence;
  private long bytes;

  /** What a request has led to. */
  public static final class Accepted {
    private final String id;
    private final boolean isNew;

    Accepted(String id, boolean isNew) {
      this.id = id;
      this.isNew = isNew;
    }

    /** Id of the event. */
    public String id() {
      return id;
    }

    /** Whether the event was not there before. */
    public boolean isNew() {
      return isNew;
    }
  }

  /**
   * Makes an empty store.
   *
   * @param ids gives what tells one event from another
   */
  public EventStore(Members members, Supplier<String> ids) {
    this.members = members;
    this.ids = ids;
  }

  /**
   * Accepts an event.
   *
   * @param now Unix seconds
   * @return the event; one from before if the idempotency key says so
   */
  public Accepted accept(EventRequest request, String actor, String from, double now) throws EventRefused {
    String known = keys.find(request);
    if (known != null) {
      if (events.containsKey(known)) {
        return new Accepted(known, false);
      }
      throw new EventRefused(
          EventRefused.Reason.CONFLICT, "the idempotency key is that of event " + known + ", which is forgotten by now");
    }
    List<Member> recipients = members.recipients(request);
    EventRecord event = new EventRecord(sequence + 1, ids.get(), request, actor, from, now);
    recipients.forEach(member -> event.address(member.id));
    if (!makeRoom(1, event.bytes)) {
      throw new EventRefused(
          EventRefused.Reason.FULL, "too many events have not ended; " + events.size() + " are waited for");
    }
    sequence++;
    bytes += event.bytes;
    events.put(event.id, event);
    bySequence.put(event.sequence, event);
    expiring.add(event);
    keys.remember(request, event.id);
    recipients.forEach(member -> member.await(event));
    statistics.count(request.type, EventState.ACCEPTED, recipients.size());
    return new Accepted(event.id, true);
  }

  /** Forgets events that have ended until there is room; returns whether there is. */
  private boolean makeRoom(int count, long more) {
    Iterator<EventRecord> oldest = events.values().iterator();
    while (oldest.hasNext() && (events.size() + count > MAX_EVENTS || bytes + more > MAX_BYTES)) {
      EventRecord event = oldest.next();
      if (event.isDone()) {
        oldest.remove();
        bySequence.remove(event.sequence);
        expiring.remove(event);
        bytes -= event.bytes;
      }
    }
    return events.size() + count <= MAX_EVENTS && bytes + more <= MAX_BYTES;
  }

  /** Notes the session of a report; if it is a new one, what the former one may have had is lost. */
  public boolean begin(Member member, long session, double now) {
    return member.begins(session)
        && giveUp(member.id, one -> one.sent, "executor " + member.id + " was replaced by another JVM", now);
  }

  /** Notes that a member has all events up to this one. Returns whether that is new. */
  public boolean confirm(Member member, long received, double now) {
    member.confirm(received);
    boolean changed = false;
    while (!member.pending.isEmpty() && member.pending.peek().sequence <= member.received()) {
      EventRecord event = member.pending.remove();
      Recipient recipient = event.recipients.get(member.id);
      if (recipient.state == EventState.ACCEPTED) {
        recipient.state = EventState.DELIVERED;
        recipient.delivered = now;
        if (member != members.driver()) {
          statistics.delivered(Math.max(0, now - event.accepted));
        }
        changed = true;
      }
    }
    return changed;
  }

  /** Returns what a member may not have yet, the oldest first, and as much as goes into one reply. */
  public List<EventMessage> pending(Member member, double now) {
    member.forgetEnded();
    List<EventMessage> messages = new ArrayList<>();
    int room = MAX_REPLY;
    for (EventRecord event : member.pending) {
      room -= event.request.payloadJson.length() + 200;
      if (room < 0 && !messages.isEmpty()) {
        break;
      }
      event.recipients.get(member.id).sent = true;
      messages.add(new EventMessage(event.sequence, event.event(now)));
    }
    return messages;
  }

  /** Notes what became of an event at a member, live or not. Returns whether that is new. */
  public boolean end(String member, long eventSequence, EventOutcome outcome, double now) {
    EventRecord event = bySequence.get(eventSequence);
    Recipient recipient = event == null ? null : event.recipients.get(member);
    if (recipient == null || recipient.state.isEnd() && !recipient.guessed) {
      return false;
    }
    EventState former = recipient.state;
    // The line with the guess is written with the last recipient's end.
    boolean isAudited = event.isDone();
    recipient.guessed = false;
    recipient.delivered = Double.isNaN(recipient.delivered) ? now : recipient.delivered;
    end(event, recipient, outcome, now);
    if (isAudited && recipient.state != former) {
      audits.add(EventWriter.correction(event, recipient, former));
    }
    return true;
  }

  private void end(EventRecord event, Recipient recipient, EventOutcome outcome, double now) {
    boolean first = !recipient.state.isEnd();
    recipient.state = outcome.state();
    recipient.finished = now;
    recipient.error = outcome.error();
    int size = outcome.result() == null ? 0 : outcome.result().length();
    if (makeRoom(0, size) && events.containsKey(event.id)) {
      recipient.result = outcome.result();
      event.bytes += size;
      bytes += size;
    } else if (size > 0) {
      recipient.error = "the result was dropped: those of all events are too large";
    }
    statistics.count(event.request.type, outcome.state(), 1);
    if (first && --event.open == 0) {
      audits.add(EventWriter.audit(event));
    }
  }

  /** Notes that Spark has removed an executor. Returns whether that ended something. */
  public boolean remove(String id, String reason, double now) {
    return members.remove(id) && giveUp(id, one -> true, "executor " + id + " was removed: " + reason, now);
  }

  private boolean giveUp(String member, Predicate<Recipient> which, String reason, double now) {
    boolean changed = false;
    for (EventRecord event : new ArrayList<>(events.values())) {
      Recipient recipient = event.recipients.get(member);
      if (recipient != null && !recipient.state.isEnd() && which.test(recipient)) {
        recipient.guessed = true;
        end(event, recipient, EventOutcome.failed(reason), now);
        changed = true;
      }
    }
    return changed;
  }

  /** Ends what has not arrived in time. Returns whether there was something. */
  public boolean expire(double now) {
    boolean changed = false;
    while (!expiring.isEmpty() && expiring.peek().expires <= now) {
      changed |= expire(expiring.remove(), EventState.ACCEPTED, "the recipient did not get it in time", now);
    }
    return changed;
  }

  /** Ends everything, for the application ends. */
  public void finish(double now) {
    for (EventRecord event : new ArrayList<>(events.values())) {
      expire(event, EventState.DELIVERED, "the application has ended", now);
    }
  }

  private boolean expire(EventRecord event, EventState last, String reason, double now) {
    boolean changed = false;
    for (Recipient recipient : event.recipients.values()) {
      if (recipient.state.compareTo(last) <= 0) {
        recipient.guessed = true;
        end(event, recipient, EventOutcome.expired(reason), now);
        changed = true;
      }
    }
    return changed;
  }

  /** When the next event expires that nobody may have got; infinite if there is none. */
  public double nextExpiry() {
    return expiring.isEmpty() ? Double.POSITIVE_INFINITY : expiring.peek().expires;
  }

  /** Returns an event as JSON; null if there is none, or it is forgotten. */
  public String json(String id) {
    EventRecord event = events.get(id);
    return event == null ? null : EventWriter.json(event);
  }

  /** Returns the newest events as JSON. */
  public String json() {
    return EventWriter.json(this);
  }

  /** Whether an event has ended everywhere, or is not there. */
  public boolean isDone(String id) {
    EventRecord event = events.get(id);
    return event == null || event.isDone();
  }

  /** All events, the oldest first. */
  Collection<EventRecord> all() {
    return events.values();
  }

  /** Returns the lines for the audit log since this was called last: for each event that has ended, and each wrong guess. */
  public List<String> takeAudits() {
    List<String> taken = audits;
    audits = new ArrayList<>();
    return taken;
  }

  /** What has happened so far. */
  public EventStatistics statistics() {
    return statistics;
  }
}
