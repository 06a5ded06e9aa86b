package io.sparkexporter.action;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkContext;
import scala.collection.Iterable;
import scala.collection.Iterator;

/** The tags of jobs: what users call them, and what Spark makes of that, so that those of two sessions are not the same. */
public final class JobTags {
  private static final String UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
  /** Of addTag in a session of Spark 4, and in one of Spark Connect. */
  private static final Pattern OF_SESSION =
      Pattern.compile(
          "(?:spark-session-" + UUID + "-thread-" + UUID + "-"
              + "|SparkConnect_(?:SessionTag|Execute)_User_.*_Session_" + UUID + "_Tag_)(.+)");
  /** Those with which Spark itself marks sessions, executions and operations. */
  private static final Pattern OF_SPARK =
      Pattern.compile("spark-session-" + UUID + "(?:-execution-root-id-\\d+)?|SparkConnect_(?:OperationTag|Execute)_User_.*");
  private static final int MAX_SHOWN = 10;

  private JobTags() {}

  /** Returns all tags of a job; none if it is not known any more. */
  static List<String> of(SparkContext context, int job) {
    List<String> tags = new ArrayList<>();
    try {
      Iterable<String> found = context.statusStore().job(job).jobTags();
      Iterator<String> items = found.iterator();
      while (items.hasNext()) {
        tags.add(items.next());
      }
    } catch (NoSuchElementException forgotten) {
      // It has ended meanwhile.
    }
    return tags;
  }

  /** Returns those that a user means by one: itself, and what sessions have made of it. */
  public static Set<String> meant(String tag, Collection<String> tags) {
    Set<String> meant = new TreeSet<>();
    for (String one : tags) {
      if (one.equals(tag) || tag.equals(ofUser(one))) {
        meant.add(one);
      }
    }
    return meant;
  }

  /** Returns a sentence that says which there are instead of one, as users call them. */
  public static String none(String tag, Collection<String> tags) {
    Set<String> known = new TreeSet<>();
    for (String one : tags) {
      String name = ofUser(one);
      if (name != null) {
        known.add('"' + name + '"');
      }
    }
    String shown = String.join(", ", new ArrayList<>(known).subList(0, Math.min(MAX_SHOWN, known.size())));
    return "no job with the tag \"" + tag + "\" is running; "
        + (known.isEmpty() ? "none that runs has a tag" : "those that run have " + shown)
        + (known.size() > MAX_SHOWN ? " and " + (known.size() - MAX_SHOWN) + " more" : "");
  }

  /** Returns null for a tag that no user has set. */
  private static String ofUser(String tag) {
    Matcher matcher = OF_SESSION.matcher(tag);
    if (matcher.matches()) {
      return matcher.group(1);
    }
    return OF_SPARK.matcher(tag).matches() ? null : tag;
  }
}
