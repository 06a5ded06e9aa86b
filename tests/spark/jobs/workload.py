"""A little of all that Spark accounts for: joins, spill, caching, failures, a lost executor, streams.

Says ``ready`` when all is done, and ends upon ``stop``. With ``bare`` it runs without the plugin. With
``behind`` there is also a query from and into guest.Behind, which has to be in a jar of the settings.
"""

import contextlib
import os
import re
import signal
import sys
import time
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark import InheritableThread, StorageLevel, TaskContext
from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.functions import udf
from talk import hear, say, session

from exporter import Counter, Gauge, Histogram

seen = Counter("seen", "Rows seen", ["parity"])
level = Gauge("level", "Any number")
sizes = Histogram("sizes", "Sizes seen", buckets=(10, 100))


def join_and_spill(spark):
    """Join two shuffled tables and sort the result; Spark is told to spill after a few thousand rows."""
    key = (F.col("id") % 500).alias("key")
    left = spark.range(0, 60_000, 1, 4).select(key, F.col("id").alias("left"))
    right = spark.range(0, 2_000, 1, 3).select(key, F.col("id").alias("right"))
    left.join(right, "key").repartition(4, "left").sortWithinPartitions("right").write.parquet(
        "joined.parquet"
    )


def query(spark):
    """Read what was written and aggregate it, with a UDF that counts."""

    @udf("long")
    def count(number):
        seen.labels("even" if number % 2 == 0 else "odd").inc()
        sizes.observe(number % 200)
        return number

    table = spark.read.parquet("joined.parquet")
    table.groupBy("key").agg(F.countDistinct("left"), F.max("right")).collect()
    spark.range(0, 5_000, 1, 4).select(F.sum(count("id"))).collect()
    level.set(4)


def cache(spark):
    """Cache a table in memory, another one on disk; return them, so that they stay."""
    kept = spark.range(0, 50_000, 1, 4).withColumn("text", F.sha2(F.col("id").cast("string"), 256))
    kept.persist(StorageLevel.MEMORY_ONLY).count()
    stored = (
        spark.sparkContext.parallelize(range(1_000), 4).setName("numbers").persist(StorageLevel.DISK_ONLY)
    )
    stored.count()
    return kept, stored


def fail(context):
    """Run a job whose tasks fail at first, and one that fails for good."""

    def once(rows):
        if TaskContext.get().attemptNumber() == 0:
            raise ValueError("the first attempt fails")
        yield sum(rows)

    def always(_row):
        raise ValueError("every attempt fails")

    context.parallelize(range(100), 4).mapPartitions(once).collect()
    with contextlib.suppress(Py4JError, PySparkException):
        context.parallelize(range(4), 2).map(always).collect()


def asleep(tracker):
    """Say whether both tasks of the job that sleeps are running."""
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup("asleep")]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    return any(stage and stage.numActiveTasks == 2 for stage in stages)


def cancel(context):
    """Start a job that sleeps, and cancel it when its tasks run."""

    def doze(row):
        time.sleep(60)
        return row

    def run():
        context.setJobGroup("asleep", "will be cancelled", interruptOnCancel=True)
        with contextlib.suppress(Py4JError, PySparkException):
            context.parallelize(range(2), 2).map(doze).collect()

    thread = InheritableThread(target=run)
    thread.start()
    while not asleep(context.statusTracker()):
        time.sleep(0.05)
    context.cancelJobGroup("asleep")
    thread.join()


def lose_an_executor(context):
    """Shuffle, kill the executor that holds a part of the output, and use the output again."""
    shuffled = context.parallelize(range(2_000), 4).map(lambda n: (n % 17, n)).groupByKey(4)
    shuffled.count()

    def parent(_rows):
        # A worker is forked by PySpark's own daemon, and that by the executor.
        status = Path(f"/proc/{os.getppid()}/status").read_text()
        yield int(re.search(r"^PPid:\s+(\d+)", status, re.MULTILINE)[1])

    victim = min(context.parallelize(range(4), 4).mapPartitions(parent).collect())
    os.kill(victim, signal.SIGKILL)
    shuffled.mapValues(len).count()


def stream(spark):
    """Run a stateful query for some batches, one that ends with an exception, and an idle one."""
    rates = (
        spark.readStream.format("rate-micro-batch")
        .option("rowsPerBatch", 50)
        .option("numPartitions", 2)
        .load()
    )
    counts = (
        rates.withWatermark("timestamp", "1 second")
        .groupBy((F.col("value") % 5).alias("rest"), "timestamp")
        .count()
    )
    counts = counts.observe("observed", F.max("count").alias("largest"))
    good = counts.writeStream.queryName("good").outputMode("append").format("memory").start()
    batches = 0
    while batches < 3:
        progress = good.lastProgress
        batches = progress["batchId"] if progress else 0
        time.sleep(0.1)

    def refuse(_batch, number):
        if number > 0:
            raise ValueError("this batch fails")

    bad = rates.writeStream.queryName("bad").foreachBatch(refuse).start()
    with contextlib.suppress(PySparkException):
        bad.awaitTermination(120)
    Path("nothing").mkdir()
    nothing = spark.readStream.schema("value string").text(f"file://{Path.cwd()}/nothing")
    idle = nothing.writeStream.queryName("idle").format("noop").start()
    return good, idle


def follow(spark):
    """Start a query that never gets to the end of its source; return it after a batch."""
    rows = spark.readStream.format("guest.Behind").load()
    sink = rows.writeStream.queryName("behind").format("guest.Behind").trigger(processingTime="1 second")
    query = sink.option("checkpointLocation", "behind").start()
    while query.lastProgress is None:
        if query.exception() is not None:
            raise query.exception()
        time.sleep(0.1)
    return query


def register_an_accumulator(context):
    """Register one as a metric source, for which there is no way in Python."""
    accumulator = context._jsc.sc().longAccumulator("checked")
    accumulator.add(17)
    python = context._jvm.org.apache.spark.api.python.PythonUtils
    sources = getattr(context._jvm.org.apache.spark.metrics.source, "LongAccumulatorSource$")
    named = python.toScalaMap({"checked": accumulator})
    getattr(sources, "MODULE$").register(context._jsc.sc(), named)


def hold(context):
    """Start a stage that reads from a shuffle and whose last task waits for a file; return the thread."""
    go = Path.cwd() / "go"

    def wait_if_last(index, rows):
        while index == 3 and not go.exists():
            time.sleep(0.05)
        yield index, sum(1 for _ in rows)

    shuffled = context.parallelize(range(4_000), 4).map(lambda number: (number, number)).repartition(4)
    thread = InheritableThread(target=shuffled.mapPartitionsWithIndex(wait_if_last).collect)
    thread.start()
    return thread


def main():
    """Do all of it once, in order."""
    words = sys.argv[1:]
    spark = session(
        plugin="bare" not in words,
        **{
            "spark.sql.autoBroadcastJoinThreshold": "-1",
            "spark.sql.shuffle.partitions": "4",
            "spark.shuffle.spill.numElementsForceSpillThreshold": "4000",
            "spark.executor.processTreeMetrics.enabled": "true",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.rolling.enabled": "false",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": f"file://{Path.cwd()}",
        },
    )
    context = spark.sparkContext
    register_an_accumulator(context)
    join_and_spill(spark)
    query(spark)
    kept = cache(spark)
    fail(context)
    cancel(context)
    lose_an_executor(context)
    queries = [*stream(spark), *([follow(spark)] if "behind" in words else [])]
    held = hold(context)
    say(ready=[type(item).__name__ for item in kept])
    hear("stop")
    Path("go").touch()
    held.join()
    for running in queries:
        running.stop()
    spark.stop()


if __name__ == "__main__":
    main()
