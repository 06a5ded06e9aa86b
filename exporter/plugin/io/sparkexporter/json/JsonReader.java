package io.sparkexporter.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON to the letter: each key once, nothing after the value, no NaN, nothing that a reader elsewhere may take for
 * something else.
 *
 * <p>The values are unmodifiable: {@code Map} in the order of the text, {@code List}, {@code String}, {@code Boolean}, null;
 * a whole number is a {@code Long} or, where it does not fit, a {@code BigInteger}; any other number is a {@code Double}.
 */
public final class JsonReader {
  /** How deep objects and arrays may lie in each other. */
  public static final int MAX_DEPTH = 64;

  private static final int MAX_DIGITS = 1000;
  private static final int MAX_SHOWN = 50;
  private static final JsonFactory FACTORY = factory();

  private JsonReader() {}

  private static JsonFactory factory() {
    StreamReadConstraints limits =
        // One level more, so that it is for this class to say what is wrong.
        StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH + 1).maxNumberLength(MAX_DIGITS).build();
    // Names of a client's choosing must not fill a table that lives as long as the JVM.
    return JsonFactory.builder()
        .streamReadConstraints(limits)
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
        .build();
  }

  /**
   * Reads UTF-8.
   *
   * @throws JsonException if it is not exactly one JSON value
   */
  public static Object read(byte[] bytes) throws JsonException {
    try {
      return read(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException bad) {
      throw new JsonException("not UTF-8");
    }
  }

  /**
   * Reads a text.
   *
   * @throws JsonException if it is not exactly one JSON value
   */
  public static Object read(String text) throws JsonException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        throw new JsonException("no JSON at all");
      }
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new JsonException("not JSON: something after the end of the value" + place(parser.currentTokenLocation()));
      }
      return value;
    } catch (JsonProcessingException bad) {
      throw new JsonException(JsonFault.sentence(bad, MAX_DIGITS) + place(bad.getLocation()));
    } catch (IOException impossible) {
      throw new JsonException("not JSON: " + impossible.getMessage());
    }
  }

  /** Returns the texts and whole numbers of an object up to the first thing that cannot be read, however bad it is. */
  public static Map<String, Object> firstMembers(byte[] bytes) {
    Map<String, Object> found = new LinkedHashMap<>();
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_STRING) {
          found.putIfAbsent(name, parser.getText());
        } else if (token == JsonToken.VALUE_NUMBER_INT) {
          found.putIfAbsent(name, whole(parser));
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException bad) {
      // What came before it is what there is.
    }
    return found;
  }

  private static Object value(JsonParser parser) throws IOException, JsonException {
    switch (parser.currentToken()) {
      case START_OBJECT:
        return object(parser);
      case START_ARRAY:
        return array(parser);
      case VALUE_STRING:
        return text(parser, parser.getText());
      case VALUE_NUMBER_INT:
        return whole(parser);
      case VALUE_NUMBER_FLOAT:
        return fraction(parser);
      case VALUE_TRUE:
        return true;
      case VALUE_FALSE:
        return false;
      default:
        return null;
    }
  }

  private static void enter(JsonParser parser) throws JsonException {
    if (parser.getParsingContext().getNestingDepth() > MAX_DEPTH) {
      throw refused(parser, "more than " + MAX_DEPTH + " levels");
    }
  }

  private static Map<String, Object> object(JsonParser parser) throws IOException, JsonException {
    enter(parser);
    Map<String, Object> map = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = text(parser, parser.currentName());
      if (map.containsKey(name)) {
        throw refused(parser, "the key " + shown(name) + " twice");
      }
      parser.nextToken();
      map.put(name, value(parser));
    }
    return Collections.unmodifiableMap(map);
  }

  private static List<Object> array(JsonParser parser) throws IOException, JsonException {
    enter(parser);
    List<Object> list = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      list.add(value(parser));
    }
    return Collections.unmodifiableList(list);
  }

  private static Object whole(JsonParser parser) throws IOException {
    return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        ? (Object) parser.getBigIntegerValue()
        : (Object) parser.getLongValue();
  }

  private static Double fraction(JsonParser parser) throws IOException, JsonException {
    double value = Double.parseDouble(parser.getText());
    if (Double.isInfinite(value)) {
      throw refused(parser, "the number " + bounded(parser.getText()) + of(parser) + " is too large for 64 bits");
    }
    return value;
  }

  /** Half of a surrogate pair can be written as an escape, but not as UTF-8. */
  private static String text(JsonParser parser, String text) throws JsonException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
          throw refused(parser, "half of a surrogate pair in a text" + of(parser));
        }
        i++;
      }
    }
    return text;
  }

  private static JsonException refused(JsonParser parser, String what) {
    return new JsonException("not accepted: " + what + place(parser.currentTokenLocation()));
  }

  private static String place(JsonLocation location) {
    return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  /** Names the innermost key, for whoever has sent keys and values, and has never seen the text. */
  private static String of(JsonParser parser) {
    JsonStreamContext context = parser.getParsingContext();
    while (context != null && !context.hasCurrentName()) {
      context = context.getParent();
    }
    return context == null ? "" : " of " + shown(context.getCurrentName());
  }

  private static String shown(String key) {
    return Json.of(bounded(key));
  }

  private static String bounded(String text) {
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }
}
