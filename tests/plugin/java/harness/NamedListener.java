package harness;

import io.sparkexporter.Event;
import io.sparkexporter.EventListener;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * A listener that a setting names. Its result is the payload's "result"; with "throw" it fails, with "hold" it hangs until it is
 * released.
 */
public final class NamedListener implements EventListener {
  private static final Semaphore RELEASED = new Semaphore(0);

  /** Made by the plugin. */
  public NamedListener() {}

  @Override
  public String type() {
    return "heard";
  }

  @Override
  public Object onEvent(Event event) throws InterruptedException {
    Map<?, ?> payload = (Map<?, ?>) event.payload();
    if (payload.containsKey("throw")) {
      throw new IllegalStateException("as the test wants");
    }
    if (payload.containsKey("hold")) {
      RELEASED.acquire();
    }
    return payload.containsKey("strange") ? new Object[] {Double.NaN} : payload.get("result");
  }

  /** Lets one go on that hangs, or the next one that would. */
  static Object release() {
    RELEASED.release();
    return null;
  }
}
