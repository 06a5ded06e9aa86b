package io.sparkexporter.report;

import io.sparkexporter.sample.Sampler;
import io.sparkexporter.sample.SeriesTable;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/** Samples one JVM and tells the driver, over and over, on one daemon thread. */
public final class Reporter {
  /** Least time between two reports, so that short tasks do not make many. */
  public static final int GAP_MILLIS = 200;

  private static final long MAX_BACKOFF_MILLIS = 60_000;
  /** Definitions that do not fit one report follow in others; whatever the driver replies, this many at most. */
  private static final int MAX_AT_ONCE = 64;

  private final Sampler sampler;
  private final SeriesTable table;
  private final Outbox outbox;
  private final Channel channel;
  private final BiConsumer<String, Throwable> warnings;
  private final Pulse pulse;
  private volatile long intervalMillis;
  private final AtomicLong tasksEnded = new AtomicLong();
  private long failures;
  private long failuresInRow;
  private long notBefore = System.nanoTime();
  private volatile boolean last;

  /** The way to the driver. */
  public interface Channel {
    /** Sends a report and returns the reply, or null if nobody takes reports. */
    byte[] ask(byte[] report) throws Exception;
  }

  /**
   * Makes a reporter without starting it.
   *
   * @param warnings gets a sentence when the driver cannot be told
   */
  public Reporter(
      String executorId,
      SeriesTable table,
      Sampler sampler,
      Channel channel,
      long intervalMillis,
      BiConsumer<String, Throwable> warnings) {
    this.table = table;
    this.sampler = sampler;
    this.channel = channel;
    this.intervalMillis = intervalMillis;
    this.warnings = warnings;
    this.outbox = new Outbox(table, sampler.readings().table(), executorId, new SecureRandom().nextLong());
    this.pulse = new Pulse("spark-exporter-reporter", this::round, intervalMillis, GAP_MILLIS);
  }

  /** Lets this take part in all reports. To be called before the start. */
  public void steerBy(ControlExchange exchange) {
    outbox.steerBy(exchange);
  }

  /** Starts the thread; the first report goes out at once. */
  public void start() {
    pulse.start();
  }

  /** Notes that a task has ended here, and has its values reported soon. */
  public void taskEnded() {
    tasksEnded.incrementAndGet();
    pulse.nudge();
  }

  /** Has something reported soon that is no sample. */
  public void nudge() {
    pulse.nudge();
  }

  /** Sets how often it samples and reports; returns what it was before. */
  public synchronized long setIntervalMillis(long millis) {
    long former = intervalMillis;
    intervalMillis = millis;
    pulse.setIntervalMillis(millis);
    return former;
  }

  /** How often it samples and reports. */
  public long intervalMillis() {
    return intervalMillis;
  }

  /** Takes a last sample and reports it, if that takes no longer than this. */
  public void stop(long patienceMillis) {
    last = true;
    pulse.stop(patienceMillis);
  }

  private void round() {
    try {
      // Counted first: the sample then holds everything that these tasks did.
      long ended = tasksEnded.get();
      sampler.sample(outbox.nextSequence());
      if (last || System.nanoTime() - notBefore >= 0) {
        report(ended);
      }
    } catch (Throwable failure) {
      // Nothing may leave this thread: Spark's handler would end the JVM.
      warnings.accept("a round failed; the next one may do better", failure);
    }
  }

  private void report(long ended) {
    try {
      boolean more = true;
      for (int i = 0; more && i < MAX_AT_ONCE; i++) {
        byte[] message = outbox.next(ended, Stats.of(sampler, table.series().size(), failures));
        byte[] answer = channel.ask(message);
        if (answer == null) {
          throw new IOException("the driver takes no reports");
        }
        Reply reply = Reply.fromBytes(answer);
        pulse.setGapMillis(Math.max(GAP_MILLIS, reply.gapMillis()));
        more = outbox.accept(reply);
      }
      failuresInRow = 0;
    } catch (Throwable failure) {
      backOff();
      if (!last) {
        warnings.accept("the driver could not be told; trying again, less and less often", failure);
      }
    }
  }

  private void backOff() {
    failures++;
    failuresInRow++;
    long wait = intervalMillis << Math.min(failuresInRow - 1, 10);
    notBefore = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.min(wait, MAX_BACKOFF_MILLIS));
  }
}
