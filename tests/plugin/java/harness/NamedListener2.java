package harness;

import io.sparkexporter.Event;
import io.sparkexporter.EventListener;

/** Another listener of the same type. */
public final class NamedListener2 implements EventListener {
  /** Made by the plugin. */
  public NamedListener2() {}

  @Override
  public String type() {
    return "heard";
  }

  @Override
  public Object onEvent(Event event) {
    return "second";
  }
}
