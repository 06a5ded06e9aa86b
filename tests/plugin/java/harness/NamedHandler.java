package harness;

import io.sparkexporter.Message;
import io.sparkexporter.MessageHandler;

/** A handler that a setting names. */
public final class NamedHandler implements MessageHandler {
  /** Made by the plugin. */
  public NamedHandler() {}

  @Override
  public String topic() {
    return "named";
  }

  @Override
  public Object handle(Message message) {
    return message.from() + ":" + message.text();
  }
}
