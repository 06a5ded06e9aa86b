package io.sparkexporter.message;

import io.sparkexporter.MessageException.Reason;
import io.sparkexporter.MessageHandler;
import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/** The messages of one JVM. */
public final class MessageService {
  /** What Spark calls the driver among the executors. */
  public static final String DRIVER = "driver";

  private static final AtomicReference<MessageService> ACTIVE = new AtomicReference<>();

  private final String id;
  private final Limits limits;
  private final Deadlines deadlines;
  private final MessageCounts counts = new MessageCounts();
  private final Dispatcher dispatcher;
  private final Sessions sessions;
  private final Pump pump;

  private MessageService(String id, Settings settings, Deadlines deadlines, Pump.Channel channel) {
    this.id = id;
    this.limits = new Limits(settings.integer(Setting.MAX_PAYLOAD));
    this.deadlines = deadlines;
    this.dispatcher = channel == null ? new Dispatcher(limits, deadlines, counts) : null;
    this.sessions = channel == null ? new Sessions(dispatcher, limits) : null;
    this.pump = channel == null ? null : new Pump(id, channel, limits, deadlines);
  }

  /** The one that is running in this JVM, or null. */
  public static MessageService active() {
    return ACTIVE.get();
  }

  /** Makes and starts the one of the driver; no thread starts before the first message. */
  public static MessageService inDriver(
      Settings settings, Deadlines deadlines, BiConsumer<String, Throwable> warnings) {
    MessageService service = new MessageService(DRIVER, settings, deadlines, null);
    List<MessageHandler> handlers = Instances.make(Setting.MESSAGE_HANDLERS, MessageHandler.class, settings, warnings);
    for (MessageHandler handler : handlers) {
      service.add(handler, warnings);
    }
    ACTIVE.set(service);
    return service;
  }

  /** Makes and starts the one of an executor; no thread starts before the first message. */
  public static MessageService inExecutor(
      String id, Settings settings, Deadlines deadlines, Pump.Channel channel) {
    MessageService service = new MessageService(id, settings, deadlines, channel);
    ACTIVE.set(service);
    return service;
  }

  private void add(MessageHandler handler, BiConsumer<String, Throwable> warnings) {
    try {
      dispatcher.handle(handler.topic(), handler);
    } catch (Throwable failure) {
      warnings.accept(
          handler.getClass().getName() + ", named in " + Setting.MESSAGE_HANDLERS.key() + ", handles no topic", failure);
    }
  }

  /** Id of the executor, or "driver". */
  public String id() {
    return id;
  }

  /** What is allowed. */
  public Limits limits() {
    return limits;
  }

  /** What became of the messages; of meaning in the driver. */
  public MessageCounts counts() {
    return counts;
  }

  /** The handlers; null in an executor. */
  public Dispatcher dispatcher() {
    return dispatcher;
  }

  /** Checks a message and sends it on its way. Never blocks or throws. */
  public void carry(Exchange exchange) {
    String complaint = limits.complaint(exchange.message().topic());
    if (complaint != null) {
      exchange.finish(Answer.failed(Reason.BAD_REQUEST, complaint));
    } else if (exchange.message().bytes().length > limits.maxPayload()) {
      exchange.finish(Answer.failed(Reason.TOO_LARGE, limits.tooLarge("the payload", exchange.message().bytes().length)));
    } else if (pump != null) {
      pump.carry(exchange);
    } else {
      dispatcher.carry(exchange);
      // Nobody waits for what a handler makes of it.
      if (!exchange.isReplyWanted()) {
        exchange.finish(Answer.taken());
      }
    }
  }

  /** Whether an RPC message of an executor is about messages. */
  public static boolean isBatch(byte[] message) {
    return message.length > 0 && message[0] == Batch.VERSION;
  }

  /**
   * Takes messages of an executor; never waits for a handler.
   *
   * @return what there is to say to the executor
   * @throws IOException if the bytes are not what an executor sends
   */
  public byte[] receive(byte[] batch) throws IOException {
    return sessions.receive(batch);
  }

  /** Gives an executor's messages that are on their way so much time, and ends. */
  public void stop(long patienceMillis) {
    ACTIVE.compareAndSet(this, null);
    if (pump != null) {
      pump.stop(patienceMillis);
    } else {
      dispatcher.stop();
    }
  }
}
