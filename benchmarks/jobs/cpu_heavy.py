"""A CPU-heavy job: every row costs some twenty microseconds of Python, one increment and one observation.

Prints the CPU seconds of the whole application (driver, executors, Python workers) between the end of the
warm-up and the end of the work. Argument: `on` loads the plugin, `off` does not; the code is the same.
"""

import json
import sys

import psutil
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.functions import udf
from pyspark.sql.types import LongType

from exporter import Counter, Histogram, spark_conf

ROWS = 800_000
PARTITIONS = 16
rows = Counter("rows", "Rows", ["kind"])
values = Histogram("values", "Values", buckets=(10, 100, 1_000, 10_000))


@udf(LongType())
def work(number: int) -> int:
    """Spend CPU time, and count."""
    result = number
    for _ in range(250):
        result = (result * 31 + 7) % 1_000_003
    rows.labels("even" if number % 2 == 0 else "odd").inc()
    values.observe(result)
    return result


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and everything below it, ended children included."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def run(spark: SparkSession, count: int) -> None:
    """Send rows through the UDF."""
    frame = spark.range(0, count, 1, PARTITIONS).select(work("id").alias("value"))
    frame.agg(F.sum("value")).collect()


def main() -> None:
    """Warm up, work, print."""
    conf = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.exporter.port": "0"}
    settings = spark_conf(conf) if sys.argv[1] == "on" else conf
    spark = SparkSession.builder.master("local-cluster[2,1,1024]").config(map=settings).getOrCreate()
    run(spark, ROWS // 8)
    before = cpu_seconds()
    run(spark, ROWS)
    print(json.dumps({"cpu": cpu_seconds() - before}))
    spark.stop()


if __name__ == "__main__":
    main()
