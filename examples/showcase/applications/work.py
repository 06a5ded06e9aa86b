"""What the batch application does well: shuffles, spill, SQL, a cache, and memory in Python."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import metrics
from pyspark import StorageLevel
from pyspark.sql import functions as F  # noqa: N812

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import SparkSession

FILE = "joined.parquet"
KEPT: list[Any] = []
"""Spark removes from its cache what nobody holds any more."""


def shuffle(spark: SparkSession) -> None:
    """Join two shuffled tables, sort and write the result; the settings make it spill."""
    key = (F.col("id") % 500).alias("key")
    left = spark.range(0, 120_000, 1, 4).select(key, F.col("id").alias("left"))
    right = spark.range(0, 2_000, 1, 3).select(key, F.col("id").alias("right"))
    joined = left.join(right, "key").repartition(4, "left").sortWithinPartitions("right")
    joined.write.mode("overwrite").parquet(FILE)


def query(spark: SparkSession) -> None:
    """Read what was written, and aggregate it."""
    spark.read.parquet(FILE).groupBy("key").agg(F.countDistinct("left"), F.max("right")).collect()


def cache(spark: SparkSession) -> None:
    """Keep a table in memory and an RDD on disk."""
    table = spark.range(0, 50_000, 1, 4).withColumn("digest", F.sha2(F.col("id").cast("string"), 256))
    table.createOrReplaceTempView("digests")
    spark.sql("CACHE TABLE digests")
    numbers = spark.sparkContext.parallelize(range(1_000), 4).setName("numbers")
    numbers.persist(StorageLevel.DISK_ONLY).count()
    KEPT.append(numbers)
    metrics.tables.set(2)


def parse(spark: SparkSession) -> None:
    """Let rows through a function that records custom metrics."""
    parsed = spark.range(0, 3_000, 1, 4).mapInPandas(metrics.parse, "id long")
    parsed.groupBy(F.col("id") % 9).count().collect()


def pay(spark: SparkSession) -> None:
    """Count payments, for some seconds."""
    for _ in range(4):
        spark.range(0, 400, 1, 2).mapInPandas(metrics.read_payments, "id long").count()
        time.sleep(1)


def remember(spark: SparkSession) -> None:
    """Hold some memory in the Python workers for a while."""

    def hold(numbers: Iterable[int]) -> Iterator[int]:
        held = bytearray(80_000_000)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(4)
        yield len(held) + sum(numbers)

    spark.sparkContext.parallelize(range(100), 2).mapPartitions(hold).collect()


def skew(spark: SparkSession) -> None:
    """Run a stage with one task that is far longer than the others, and a last one that is longer still."""

    def customer(order: int) -> int:
        return order % 12 if order % 2 else 0

    def unequal(index: int, orders: Iterable[tuple[int, None]]) -> Iterator[int]:
        time.sleep({0: 10, 11: 45}.get(index, 0.3))
        yield sum(1 for _ in orders)

    spark.sparkContext.setJobDescription("one customer has most of the orders")
    orders = spark.sparkContext.parallelize([(order, None) for order in range(12_000)], 2)
    orders.partitionBy(12, customer).mapPartitionsWithIndex(unequal).collect()
