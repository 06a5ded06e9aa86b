package io.sparkexporter.dropwizard;

import com.codahale.metrics.Counting;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Metric;
import com.codahale.metrics.RatioGauge;
import com.codahale.metrics.Sampling;
import com.codahale.metrics.Timer;
import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import io.sparkexporter.reading.Readings;
import java.util.concurrent.TimeUnit;

/** Reads one metric of a Dropwizard registry, whatever it does. Used by one thread at a time. */
abstract class MetricReader {
  final Metric metric;
  private final Drops drops;
  private boolean wasValid = true;

  private MetricReader(Metric metric, Drops drops) {
    this.metric = metric;
    this.drops = drops;
  }

  /** Returns a reader of the metric; what kind of thing it is decides what is read of it. */
  static MetricReader of(String name, Metric metric, Drops drops) {
    if (metric instanceof Gauge) {
      return new OfGauge(name, (Gauge<?>) metric, drops);
    }
    if (metric instanceof Histogram || metric instanceof Timer) {
      return new OfDistribution(name, metric, drops);
    }
    String counted = metric instanceof com.codahale.metrics.Counter ? name : name + "#count";
    return new OfCount(counted, metric, drops);
  }

  final void read(Readings into) {
    boolean valid;
    try {
      valid = readInto(into);
    } catch (Throwable failure) {
      // Somebody else's code; not even its Error may end this thread.
      valid = false;
    }
    if (wasValid && !valid) {
      drops.count(Reason.INVALID_READING);
    }
    wasValid = valid;
  }

  /** Returns whether it gave a number. */
  abstract boolean readInto(Readings into);

  private static final class OfGauge extends MetricReader {
    private final String name;
    private final Gauge<?> gauge;

    OfGauge(String name, Gauge<?> gauge, Drops drops) {
      super(gauge, drops);
      this.name = name;
      this.gauge = gauge;
    }

    @Override
    boolean readInto(Readings into) {
      Object value = gauge.getValue();
      double number = value instanceof Number ? ((Number) value).doubleValue() : Double.NaN;
      into.set(name, number);
      // A part of nothing, such as of a memory pool that is empty now, is no fault.
      boolean nothing = gauge instanceof RatioGauge && Double.isNaN(number);
      return nothing || Math.abs(number) <= Double.MAX_VALUE;
    }
  }

  private static final class OfCount extends MetricReader {
    private final String name;

    OfCount(String name, Metric metric, Drops drops) {
      super(metric, drops);
      this.name = name;
    }

    @Override
    boolean readInto(Readings into) {
      if (!(metric instanceof Counting)) {
        return false;
      }
      into.set(name, ((Counting) metric).getCount());
      return true;
    }
  }

  private static final class OfDistribution extends MetricReader {
    /** As in Spark's JSON, times are milliseconds. */
    private static final double MILLIS = 1.0 / TimeUnit.MILLISECONDS.toNanos(1);

    private final String count;
    private final String p50;
    private final String p95;
    private final String p99;
    private final double factor;
    private long countedTo = -1;
    private final double[] percentiles = new double[3];

    OfDistribution(String name, Metric metric, Drops drops) {
      super(metric, drops);
      count = name + "#count";
      p50 = name + "#p50";
      p95 = name + "#p95";
      p99 = name + "#p99";
      factor = metric instanceof Timer ? MILLIS : 1;
    }

    @Override
    boolean readInto(Readings into) {
      long now = ((Counting) metric).getCount();
      if (now != countedTo) {
        // To sort a reservoir of a thousand values is dear, and without a new value it gives the same again.
        com.codahale.metrics.Snapshot snapshot = ((Sampling) metric).getSnapshot();
        percentiles[0] = snapshot.getMedian() * factor;
        percentiles[1] = snapshot.get95thPercentile() * factor;
        percentiles[2] = snapshot.get99thPercentile() * factor;
        countedTo = now;
      }
      into.set(count, now);
      into.set(p50, percentiles[0]);
      into.set(p95, percentiles[1]);
      into.set(p99, percentiles[2]);
      return true;
    }
  }
}
