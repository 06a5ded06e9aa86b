package harness;

import io.sparkexporter.Event;
import io.sparkexporter.EventListener;
import java.util.Map;

/** A listener that a setting names. Its result is the payload's "result"; with "throw" it fails. */
public final class NamedListener implements EventListener {
  /** Made by the plugin. */
  public NamedListener() {}

  @Override
  public String type() {
    return "heard";
  }

  @Override
  public Object onEvent(Event event) {
    Map<?, ?> payload = (Map<?, ?>) event.payload();
    if (payload.containsKey("throw")) {
      throw new IllegalStateException("as the test wants");
    }
    return payload.containsKey("strange") ? new Object[] {Double.NaN} : payload.get("result");
  }
}
