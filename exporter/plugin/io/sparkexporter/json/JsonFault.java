package io.sparkexporter.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says in words for the sender of a text why Jackson could not read it: its own are for those who program with it. */
final class JsonFault {
  private static final Map<String, String> BY_BEGINNING = new LinkedHashMap<>();

  static {
    BY_BEGINNING.put("Non-standard token", "NaN and Infinity are no numbers there");
    BY_BEGINNING.put("Unrecognized token", "an unknown word");
    BY_BEGINNING.put("Unexpected character", "an unexpected character");
    BY_BEGINNING.put("Invalid numeric value", "a number in another form");
    BY_BEGINNING.put("Leading zero", "a number in another form");
    BY_BEGINNING.put("Illegal unquoted character", "a line break, a tab or the like in a text without an escape");
    BY_BEGINNING.put("Unrecognized character escape", "an unknown escape in a text");
  }

  private JsonFault() {}

  static String sentence(JsonProcessingException bad, int maxDigits) {
    String said = String.valueOf(bad.getOriginalMessage());
    if (bad instanceof StreamConstraintsException) {
      return "not accepted: " + (said.startsWith("Number") ? "a number of more than " + maxDigits + " digits" : "too long a text");
    }
    if (bad instanceof JsonEOFException) {
      return "not JSON: it ends too early";
    }
    for (Map.Entry<String, String> entry : BY_BEGINNING.entrySet()) {
      if (said.startsWith(entry.getKey())) {
        return "not JSON: " + entry.getValue();
      }
    }
    return "not JSON: something unexpected";
  }
}
