"""What goes wrong in the batch application: failed tasks and jobs, lost executors, lost shuffle data."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from py4j.protocol import Py4JError
from pyspark import TaskContext
from pyspark.errors import PySparkException

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import SparkSession


def fail(spark: SparkSession) -> None:
    """Run a job whose tasks fail at first, and one that fails for good."""

    def once(numbers: Iterable[int]) -> Iterator[int]:
        if TaskContext.get().attemptNumber() == 0:
            raise ValueError("the first attempt fails")
        yield sum(numbers)

    def always(number: int) -> int:
        raise ValueError(f"every attempt at {number} fails")

    context = spark.sparkContext
    context.parallelize(range(100), 6).mapPartitions(once).collect()
    with contextlib.suppress(Py4JError, PySparkException):
        context.parallelize(range(4), 2).map(always).collect()


def executor_of_worker() -> int:
    """Return the process of the executor whose Python worker calls this."""
    # A worker is a child of PySpark's daemon, and that one of the executor.
    stat = Path(f"/proc/{os.getppid()}/stat").read_text()
    return int(stat.rsplit(")", 1)[1].split()[1])


def executors(spark: SparkSession) -> list[int]:
    """Return the processes of the executors that have run a task now."""

    def find(_numbers: Iterable[int]) -> Iterator[int]:
        yield executor_of_worker()

    return sorted(set(spark.sparkContext.parallelize(range(6), 6).mapPartitions(find).collect()))


def kill(spark: SparkSession) -> None:
    """Kill an executor that holds shuffle data, and use that data again; three times."""
    for _ in range(3):
        pairs = spark.sparkContext.parallelize(range(2_000), 4).map(lambda number: (number % 17, number))
        shuffled = pairs.groupByKey(4)
        shuffled.count()
        os.kill(executors(spark)[0], signal.SIGKILL)
        shuffled.mapValues(len).count()


def lose_files(spark: SparkSession) -> None:
    """Remove the files of a shuffle, as a broken disk does, and read them; three times."""
    for _ in range(3):
        pairs = spark.sparkContext.parallelize(range(20_000), 4).map(lambda number: (number % 97, number))
        shuffled = pairs.groupByKey(4)
        shuffled.count()
        for data in Path(os.environ["SPARK_LOCAL_DIRS"]).rglob("shuffle_*.data"):
            data.unlink()
        shuffled.mapValues(len).count()
