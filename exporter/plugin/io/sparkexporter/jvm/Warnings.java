package io.sparkexporter.jvm;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says each thing once in Spark's log: what goes wrong here usually goes wrong every two seconds. */
public final class Warnings implements Consumer<String>, BiConsumer<String, Throwable> {
  private static final Logger LOG = LoggerFactory.getLogger("io.sparkexporter");
  private static final int MAX_REMEMBERED = 100;

  private final Set<String> said = ConcurrentHashMap.newKeySet();

  @Override
  public void accept(String sentence) {
    if (isNew(sentence)) {
      LOG.warn("spark-exporter: {}", sentence);
    }
  }

  @Override
  public void accept(String sentence, Throwable cause) {
    if (isNew(sentence)) {
      LOG.warn("spark-exporter: {}: {} (said once)", sentence, String.valueOf(cause));
    }
    LOG.debug("spark-exporter: {}", sentence, cause);
  }

  private boolean isNew(String sentence) {
    return said.size() < MAX_REMEMBERED && said.add(sentence);
  }
}
