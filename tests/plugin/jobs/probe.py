"""A job that counts, and tells the test what the driver's JVM looks like."""

from pyspark import TaskContext
from talk import hear, say, session

from exporter import Counter

probed = Counter("probed", "Rows of the probe", ["partition"])


def count(rows):
    """Count every row of a partition."""
    partition = probed.labels(TaskContext.get().partitionId())
    seen = 0
    for _ in rows:
        partition.inc()
        seen += 1
    return [seen]


def main():
    """Run one job, then wait for the test."""
    spark = session()
    context = spark.sparkContext
    jvm = context._jvm
    say(rows=context.parallelize(range(1000), 4).mapPartitions(count).sum())
    say(threads=[thread.getName() for thread in jvm.java.lang.Thread.getAllStackTraces().keySet()])
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
