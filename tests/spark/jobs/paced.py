"""Jobs of all kinds without the plugin, each begun upon a word, so that whoever watches can keep up."""

import contextlib
import sys
import time
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark import InheritableThread, StorageLevel, TaskContext
from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812
from talk import say, session

LAST = 3
"""The partition that is held."""


def spill(spark):
    """Shuffle, spill, sort and write."""
    rows = spark.range(0, 40_000, 1, 4).withColumn("key", F.col("id") % 100)
    rows.repartition(4, "key").sortWithinPartitions("id").write.parquet("rows.parquet")


def query(spark):
    """Read and aggregate what was written."""
    spark.read.parquet("rows.parquet").groupBy("key").agg(F.max("id")).collect()


def shuffle(spark):
    """Shuffle twice in one job."""
    numbers = spark.sparkContext.parallelize(range(5_000), 4).map(lambda n: (n % 11, n))
    numbers.groupByKey(4).map(lambda item: (len(list(item[1])), 1)).groupByKey(2).count()


def again(spark):
    """Let the first attempt at each task fail."""

    def once(rows):
        if TaskContext.get().attemptNumber() == 0:
            raise ValueError("the first attempt fails")
        yield sum(rows)

    spark.sparkContext.parallelize(range(100), 3).mapPartitions(once).collect()


def fail(spark):
    """Run a job that fails for good, in its second stage."""

    def always(_item):
        raise ValueError("every attempt fails")

    numbers = spark.sparkContext.parallelize(range(100), 2).map(lambda n: (n % 3, n))
    with contextlib.suppress(Py4JError, PySparkException):
        numbers.groupByKey(2).map(always).collect()


def abandon(spark):
    """Run a job that fails for good, and leave another task of it behind that would run for hours."""

    def linger(part, _rows):
        if part == 0:
            time.sleep(7_200)
        raise ValueError("every attempt fails")

    with contextlib.suppress(Py4JError, PySparkException):
        spark.sparkContext.parallelize(range(100), 2).mapPartitionsWithIndex(linger).collect()


def reuse(spark):
    """Use the output of a shuffle twice: the second job skips a stage."""
    shuffled = spark.sparkContext.parallelize(range(500), 2).map(lambda n: (n % 7, n)).groupByKey(2)
    shuffled.count()
    shuffled.count()


def cache(spark):
    """Keep something in memory."""
    spark.range(0, 1_000, 1, 4).persist(StorageLevel.MEMORY_ONLY).count()


def stream(spark):
    """Begin a stateful query that goes on."""
    rates = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 50).load()
    counts = rates.withWatermark("timestamp", "1 second").groupBy("timestamp").count()
    query = counts.writeStream.queryName("counts").outputMode("append").format("noop").start()
    while query.lastProgress is None or query.lastProgress.batchId < 1:
        time.sleep(0.1)


def hold(spark):
    """Begin a query whose last stage reads from a shuffle, and whose last task waits for a file."""
    go = Path.cwd() / "go"

    @F.udf("long")
    def wait_if_last(number, partition):
        while partition == LAST and not go.exists():
            time.sleep(0.05)
        return number

    shuffled = spark.range(0, 4_000, 1, 4).repartition(LAST + 1)
    held = shuffled.select(wait_if_last("id", F.spark_partition_id()))
    InheritableThread(target=held.collect, daemon=True).start()


def main():
    """Run them in rounds until the words end."""
    local = f"file://{Path.cwd()}"
    logged = {"enabled": "true", "rolling.enabled": "false", "compress": "false", "dir": local}
    spark = session(
        plugin=False,
        **{f"spark.eventLog.{key}": value for key, value in logged.items()},
        **{"spark.sql.shuffle.partitions": "3", "spark.sql.adaptive.enabled": "true"},
        **{"spark.shuffle.spill.numElementsForceSpillThreshold": "2000"},
    )
    kinds = (spill, query, shuffle, again, fail, abandon, reuse, cache, stream, hold)
    jobs = {job.__name__: job for job in kinds}
    tracker = spark.sparkContext.statusTracker()
    for line in sys.stdin:
        word = line.strip()
        if word == "stop":
            break
        jobs[word](spark)
        say(done=max(tracker.getJobIdsForGroup(None), default=-1) + 1)
    Path("go").touch()
    spark.stop()


if __name__ == "__main__":
    main()
