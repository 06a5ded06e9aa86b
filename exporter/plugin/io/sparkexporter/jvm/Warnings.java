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
  private static final int MAX_CAUSES = 20;

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
      LOG.warn("spark-exporter: {}: {} (said once)", sentence, described(cause));
    }
    LOG.debug("spark-exporter: {}", sentence, cause);
  }

  /** An error in starting a class says nothing by itself. */
  private static String described(Throwable failure) {
    Throwable root = failure;
    for (int i = 0; root != null && root.getCause() != null && i < MAX_CAUSES; i++) {
      root = root.getCause();
    }
    return root == failure ? String.valueOf(failure) : failure + ", because of " + root;
  }

  private boolean isNew(String sentence) {
    return said.size() < MAX_REMEMBERED && said.add(sentence);
  }
}
