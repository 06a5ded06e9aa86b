package io.sparkexporter.event;

import io.sparkexporter.conf.EventTypes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The live JVMs of the application. Guarded by its owner. */
public final class Members {
  private static final int MAX_REMOVED = 10_000;

  private final String driver;
  private final boolean local;
  private final Map<String, Member> live = new LinkedHashMap<>();
  private final Set<String> removed = new LinkedHashSet<>();

  /**
   * Makes a list with the driver alone.
   *
   * @param local whether the driver's JVM is the only executor, too
   */
  public Members(String driver, boolean local) {
    this.driver = driver;
    this.local = local;
    live.put(driver, new Member(driver));
  }

  /** All live ones. */
  public Collection<Member> all() {
    return Collections.unmodifiableCollection(live.values());
  }

  /** Returns null if it is not live. */
  public Member get(String id) {
    return live.get(id);
  }

  /** The driver. */
  public Member driver() {
    return live.get(driver);
  }

  /** Notes that Spark has added an executor. */
  public void add(String id) {
    removed.remove(id);
    live.computeIfAbsent(id, Member::new);
  }

  /** Notes that an executor has reported, which it may do before Spark says that it is there; null if it was removed. */
  public Member reporting(String id) {
    return removed.contains(id) ? null : live.computeIfAbsent(id, Member::new);
  }

  /** Returns whether it was live. */
  boolean remove(String id) {
    if (id.equals(driver) || live.remove(id) == null) {
      return false;
    }
    removed.add(id);
    if (removed.size() > MAX_REMOVED) {
      removed.remove(removed.iterator().next());
    }
    return true;
  }

  /** Whom an event is for. */
  List<Member> recipients(EventRequest request) throws EventRefused {
    if (EventTypes.isOfDriver(request.type) && !request.target.equals(EventRequest.DRIVER)) {
      throw new EventRefused(
          EventRefused.Reason.WRONG_TARGET,
          request.type + " is for the driver alone, not for " + request.target
              + ": use the target driver (--target driver), or leave it out");
    }
    if (request.executor() != null) {
      return Collections.singletonList(executor(request.executor()));
    }
    List<Member> recipients = new ArrayList<>(live.values());
    if (request.target.equals(EventRequest.DRIVER)) {
      return Collections.singletonList(driver());
    }
    if (request.target.equals(EventRequest.EXECUTORS) && !local) {
      recipients.remove(driver());
    }
    if (recipients.isEmpty()) {
      throw new EventRefused(EventRefused.Reason.CONFLICT, "there is no live executor");
    }
    return recipients;
  }

  private Member executor(String id) throws EventRefused {
    Member member = id.equals(driver) && !local ? null : live.get(id);
    if (member != null) {
      return member;
    }
    if (removed.contains(id)) {
      throw new EventRefused(EventRefused.Reason.CONFLICT, "executor " + id + " was removed");
    }
    throw new EventRefused(EventRefused.Reason.UNKNOWN_RECIPIENT, "there is no executor " + id);
  }
}
