package harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkexporter.Message;
import io.sparkexporter.MessageException;
import io.sparkexporter.MessageHandler;
import io.sparkexporter.Messages;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Handlers of topics that answer, hang, fail, or return what nobody can take. */
final class FakeTopics {
  private final Map<String, List<String>> seen = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();

  MessageHandler handler(String topic, String does) {
    List<String> texts = seen.computeIfAbsent(topic, any -> Collections.synchronizedList(new ArrayList<>()));
    CountDownLatch latch = new CountDownLatch(1);
    held.put(topic, latch);
    return message -> {
      texts.add(message.from() + ":" + message.text());
      switch (does) {
        case "echo":
          return message.isJson() ? Collections.singletonMap("got", message.value()) : message.bytes();
        case "hold":
          latch.await();
          return "released";
        case "throw":
          throw new IllegalStateException("as the test wants");
        case "error":
          throw new NoClassDefFoundError("of another version");
        case "strange":
          return new Object() {
            @Override
            public String toString() {
              return "{}";
            }
          };
        case "huge":
          return new byte[1 << 20];
        case "interrupt":
          Thread.currentThread().interrupt();
          return new AbstractList<Boolean>() {
            @Override
            public Boolean get(int index) {
              return Thread.currentThread().isInterrupted();
            }

            @Override
            public int size() {
              return 1;
            }
          };
        case "values":
          return Arrays.asList(1, 2.5f, 3L, (short) 4, 'c', "t", null, true, new Object[] {0.1}, Double.MAX_VALUE);
        default:
          return Double.NaN;
      }
    };
  }

  Object seen(String topic) {
    List<String> texts = seen.getOrDefault(topic, Collections.emptyList());
    synchronized (texts) {
      return new ArrayList<>(texts);
    }
  }

  Object release(String topic) {
    held.get(topic).countDown();
    return null;
  }

  /** Asks as JVM code does, over the services that were made last. */
  static Object ask(JsonNode arguments) throws Exception {
    try {
      String topic = arguments.get("topic").asText();
      long millis = arguments.get("millis").asLong();
      Message answer =
          arguments.has("bytes")
              ? Messages.ask(topic, arguments.get("bytes").binaryValue(), millis)
              : Messages.ask(topic, arguments.get("json").asText(), millis);
      return answer.isJson() ? Arrays.asList("json", answer.text()) : Arrays.asList("bytes", answer.bytes());
    } catch (MessageException failure) {
      return Arrays.asList(failure.reason().code(), failure.getMessage());
    }
  }

  static Object send(JsonNode arguments) {
    try {
      Messages.send(arguments.get("topic").asText(), arguments.get("json").asText());
      return null;
    } catch (MessageException failure) {
      return Arrays.asList(failure.reason().code(), failure.getMessage());
    }
  }
}
