package io.sparkexporter.driver;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The parameters of a request. */
final class Query {
  private static final int MAX_LENGTH = 2000;
  private static final double MAX_WAIT_SECONDS = 60;

  private final Map<String, String> parameters = new HashMap<>();

  private Query() {}

  /** Parses the part of the address after the question mark; it may be null. */
  static Query parse(String text) throws BadRequest {
    Query query = new Query();
    if (text != null && text.length() > MAX_LENGTH) {
      throw new BadRequest(400, "the parameters are longer than " + MAX_LENGTH + " characters");
    }
    for (String pair : text == null ? new String[0] : text.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.parameters.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return query;
  }

  String boot() {
    return parameters.getOrDefault("boot", "");
  }

  /** Whether the client says what it holds, as one that comes back for more does; the first time it holds nothing. */
  boolean follows() {
    return parameters.containsKey("boot");
  }

  boolean has(String name) {
    return parameters.containsKey(name);
  }

  /** Refuses all parameters but these. */
  void only(String... known) throws BadRequest {
    for (String name : parameters.keySet()) {
      if (!Arrays.asList(known).contains(name)) {
        String shown = name.length() <= 40 ? name : name.substring(0, 40) + "...";
        String expected = known.length == 0 ? "none is expected here" : "expected " + String.join(", ", known);
        throw new BadRequest(400, "unknown parameter \"" + shown + "\"; " + expected);
      }
    }
  }

  long after() throws BadRequest {
    return number("after");
  }

  long number(String name) throws BadRequest {
    return Long.parseLong(checked(name, "\\d{1,18}", "a whole number that is not negative"));
  }

  int held(String name) throws BadRequest {
    return Integer.parseInt(checked(name, "\\d{1,9}", "a whole number that is not negative"));
  }

  /** Returns at most a minute. */
  long millis(String name) throws BadRequest {
    String text = checked(name, "\\d{1,9}(\\.\\d{1,9})?", "a number of seconds that is not negative");
    return (long) (1000 * Math.min(Double.parseDouble(text), MAX_WAIT_SECONDS));
  }

  private String checked(String name, String pattern, String expected) throws BadRequest {
    String text = parameters.getOrDefault(name, "0");
    if (!text.matches(pattern)) {
      String shown = text.length() <= 40 ? text : text.substring(0, 40) + "...";
      throw new BadRequest(400, "parameter " + name + " is \"" + shown + "\"; expected " + expected);
    }
    return text;
  }
}
