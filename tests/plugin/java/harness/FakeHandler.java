package harness;

import io.sparkexporter.Event;
import io.sparkexporter.event.EventExpired;
import io.sparkexporter.event.EventFailed;
import io.sparkexporter.event.EventHandler;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * Handles events as their payloads say: {@code {"do": "return", "result": "JSON"}}, throw, fail, expire, hold, none, interrupt,
 * or block, which keeps the thread until it is released.
 */
final class FakeHandler implements EventHandler {
  private final List<String> begun = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, CompletableFuture<String>> held = new ConcurrentHashMap<>();

  @Override
  public CompletionStage<String> handle(Event event) throws Exception {
    Map<?, ?> payload = event.payload() instanceof Map ? (Map<?, ?>) event.payload() : Collections.emptyMap();
    CompletableFuture<String> answer = new CompletableFuture<>();
    held.put(event.id(), answer);
    begun.add(event.id());
    switch (String.valueOf(payload.get("do"))) {
      case "return":
        answer.complete((String) payload.get("result"));
        break;
      case "throw":
        throw new IllegalStateException((String) payload.get("text"));
      case "error":
        throw new NoSuchMethodError("of another version");
      case "fail":
        answer.completeExceptionally(new EventFailed((String) payload.get("text")));
        break;
      case "expire":
        answer.completeExceptionally(new EventExpired());
        break;
      case "interrupt":
        Thread.currentThread().interrupt();
        return new CompletableFuture<String>() {
          @Override
          public CompletableFuture<String> whenComplete(BiConsumer<? super String, ? super Throwable> action) {
            complete(String.valueOf(Thread.currentThread().isInterrupted()));
            return super.whenComplete(action);
          }
        };
      case "hold":
        break;
      case "block":
        answer.get();
        break;
      case "none":
        return null;
      default:
        answer.complete(null);
    }
    return answer;
  }

  /** Ids of those that were begun, in this order. */
  List<String> begun() {
    synchronized (begun) {
      return new ArrayList<>(begun);
    }
  }

  /** Ends one that is held. */
  void release(String id, String result) {
    held.get(id).complete(result);
  }
}
