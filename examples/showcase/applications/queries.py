"""The streaming queries: one that is well, and one for each of the troubles that a query can have."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orders_source
from pyspark import cloudpickle
from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812

from exporter import Counter, Histogram

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

PERIOD = "4 seconds"
PARCELS_PER_SECOND = 50
SECONDS_PER_PARCEL = 1.3 / PARCELS_PER_SECOND
RESTARTS = 4
GOOD_BATCHES = 3

delivered = Counter("parcels_delivered", "Parcels delivered")
took = Histogram("delivery", "Time for a batch of parcels", unit="seconds", buckets=(1, 2, 5, 10, 30))
released = threading.Event()
"""Set when whatever stands still shall end."""


def rates(spark: SparkSession, rows_per_second: int) -> DataFrame:
    """Return rows with a timestamp and a number."""
    reader = spark.readStream.format("rate").option("rowsPerSecond", rows_per_second)
    return reader.option("numPartitions", 1).load()


def well(spark: SparkSession) -> StreamingQuery:
    """Count in windows, with a watermark; some rows come too late."""
    late = F.when(F.col("value") % 20 == 0, F.expr("timestamp - interval 2 minutes")).otherwise(
        F.col("timestamp")
    )
    rows = rates(spark, 40).withColumn("at", late).withWatermark("at", "5 seconds")
    counts = rows.groupBy(F.window("at", "2 seconds"), (F.col("value") % 5).alias("shop")).count()
    counts = counts.observe("counts", F.max("count").alias("largest"))
    writer = counts.writeStream.queryName("well").outputMode("append").format("noop")
    return writer.trigger(processingTime=PERIOD).start()


def without_clock(spark: SparkSession) -> StreamingQuery:
    """Keep a state for devices that always send the same time: it grows, as the watermark does not move."""
    rows = rates(spark, 100).withColumn("at", F.lit("2026-01-01 00:00:00").cast("timestamp"))
    counts = rows.withWatermark("at", "1 minute").groupBy("at", "value").count()
    writer = counts.writeStream.queryName("without-clock").outputMode("update").format("noop")
    return writer.trigger(processingTime=PERIOD).start()


def backlog(spark: SparkSession) -> StreamingQuery:
    """Read less than arrives."""
    # The worker that plans batches beside the driver does not look into the files that were sent along.
    cloudpickle.register_pickle_by_value(orders_source)
    spark.dataSource.register(orders_source.Orders)
    orders = spark.readStream.format("orders").option("begin", time.time()).load()
    writer = orders.writeStream.queryName("backlog").format("noop").trigger(processingTime=PERIOD)
    writer = writer.option("checkpointLocation", str(Path.cwd() / "backlog"))
    query = writer.start()
    # Spark waits ten seconds for the Python of a source to start, which is little on a busy machine.
    for _ in range(RESTARTS):
        while query.isActive and query.lastProgress is None:
            time.sleep(0.1)
        if query.isActive:
            break
        query = writer.start()
    return query


def behind(spark: SparkSession) -> StreamingQuery:
    """Need longer for each row than passes until the next one."""

    def deliver(frame: DataFrame, _number: int) -> None:
        count = frame.count()
        with took.time():
            released.wait(count * SECONDS_PER_PARCEL)
        delivered.inc(count)

    parcels = rates(spark, PARCELS_PER_SECOND)
    return parcels.writeStream.queryName("behind").foreachBatch(deliver).start()


def stalled(spark: SparkSession) -> StreamingQuery:
    """Wait for something that does not come, from the fourth batch on."""

    def wait(frame: DataFrame, number: int) -> None:
        frame.count()
        if number >= GOOD_BATCHES:
            released.wait()

    writer = rates(spark, 10).writeStream.queryName("stalled").foreachBatch(wait)
    return writer.trigger(processingTime="1 second").start()


def failing(spark: SparkSession) -> None:
    """Fail, be started again from the checkpoint, and fail for good."""

    def refuse(_frame: DataFrame, number: int) -> None:
        if number > 0:
            raise ValueError("this batch fails")

    for _ in range(RESTARTS):
        writer = rates(spark, 10).writeStream.queryName("failing").foreachBatch(refuse)
        query = writer.option("checkpointLocation", str(Path.cwd() / "checkpoint")).start()
        with contextlib.suppress(PySparkException):
            query.awaitTermination(60)
        time.sleep(2)


def start(spark: SparkSession) -> list[Any]:
    """Start all but the one that fails."""
    return [begin(spark) for begin in (well, without_clock, behind, stalled, backlog)]
