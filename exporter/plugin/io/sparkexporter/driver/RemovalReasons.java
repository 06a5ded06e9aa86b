package io.sparkexporter.driver;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Why executors go, in a few words instead of Spark's many. The classes are those that the daemon knows, too. */
public final class RemovalReasons {
  private static final String RESOURCE = "removal_reasons.txt";
  private static final String OTHER = "other";
  private static final Map<String, Pattern> PATTERNS = read();

  private RemovalReasons() {}

  private static Map<String, Pattern> read() {
    Map<String, Pattern> patterns = new LinkedHashMap<>();
    try (InputStream stream = RemovalReasons.class.getResourceAsStream(RESOURCE)) {
      BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int space = line.indexOf(' ');
        if (!line.startsWith("#") && space > 0) {
          patterns.put(line.substring(0, space), Pattern.compile(line.substring(space + 1), Pattern.CASE_INSENSITIVE));
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return patterns;
  }

  /** Returns all classes. */
  static List<String> all() {
    List<String> classes = new ArrayList<>(PATTERNS.keySet());
    classes.add(OTHER);
    return classes;
  }

  /** Returns the class of a reason that Spark gave for the removal of an executor; it may be null. */
  public static String classify(String reason) {
    for (Map.Entry<String, Pattern> one : PATTERNS.entrySet()) {
      if (reason != null && one.getValue().matcher(reason).find()) {
        return one.getKey();
      }
    }
    return OTHER;
  }
}
