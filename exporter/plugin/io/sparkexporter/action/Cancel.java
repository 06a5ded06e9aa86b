package io.sparkexporter.action;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventFailed;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkStatusTracker;

/** Cancels jobs, or a stage and with it the jobs that need it. */
final class Cancel {
  private static final String REASON = "cancelled by an event";

  private Cancel() {}

  static String run(Event event, SparkContext context) throws EventFailed {
    String expected = "exactly one of {\"job\": 3}, {\"group\": \"name\"}, {\"tag\": \"name\"}, {\"stage\": 5}";
    Fields fields = Fields.of(event, expected, "job", "group", "tag", "stage");
    if (fields.count() != 1) {
      throw fields.refuse("there are " + fields.count() + " fields");
    }
    if (fields.has("stage")) {
      return stage(fields.number("stage"), context);
    }
    return jobs(fields, context);
  }

  private static String stage(int stage, SparkContext context) throws EventFailed {
    if (!contains(context.statusTracker().getActiveStageIds(), stage)) {
      throw new EventFailed("stage " + stage + " is not running");
    }
    context.cancelStage(stage, REASON);
    return "{\"stages\":[" + stage + "]}";
  }

  private static String jobs(Fields fields, SparkContext context) throws EventFailed {
    SparkStatusTracker tracker = context.statusTracker();
    int[] active = tracker.getActiveJobIds();
    List<Integer> jobs = new ArrayList<>();
    if (fields.has("job")) {
      int job = fields.number("job");
      collect(jobs, active, new int[] {job}, "job " + job + " is not running");
      context.cancelJob(job, REASON);
    } else if (fields.has("group")) {
      String group = fields.text("group");
      collect(jobs, active, tracker.getJobIdsForGroup(group), "no job of the group \"" + group + "\" is running");
      context.cancelJobGroup(group);
    } else {
      tagged(fields.text("tag"), jobs, active, context);
    }
    return "{\"jobs\":" + jobs + '}';
  }

  private static void tagged(String tag, List<Integer> into, int[] active, SparkContext context) throws EventFailed {
    Set<String> meant = new TreeSet<>();
    Set<String> running = new TreeSet<>();
    for (int job : active) {
      List<String> tags = JobTags.of(context, job);
      Set<String> fit = JobTags.meant(tag, tags);
      if (!fit.isEmpty()) {
        into.add(job);
      }
      meant.addAll(fit);
      running.addAll(tags);
    }
    if (into.isEmpty()) {
      throw new EventFailed(JobTags.none(tag, running));
    }
    meant.forEach(context::cancelJobsWithTag);
  }

  private static void collect(List<Integer> into, int[] active, int[] meant, String none) throws EventFailed {
    for (int job : meant) {
      if (contains(active, job)) {
        into.add(job);
      }
    }
    if (into.isEmpty()) {
      throw new EventFailed(none);
    }
  }

  private static boolean contains(int[] numbers, int number) {
    return IntStream.of(numbers).anyMatch(one -> one == number);
  }
}
