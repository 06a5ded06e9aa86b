"""One task that sets a gauge to the time of day, over and over, for thirty seconds."""

import json
import time
from collections.abc import Iterator

from pyspark.sql import SparkSession

from exporter import Gauge, spark_conf

SECONDS = 30
clock = Gauge(
    "clock", "Time of day at which the task set this", unit="seconds", multiprocess_mode="mostrecent"
)


def tick(_rows: Iterator[int]) -> Iterator[int]:
    """Set the gauge a thousand times a second."""
    end = time.time() + SECONDS
    while time.time() < end:
        clock.set_to_current_time()
        time.sleep(0.001)
    yield 0


def main() -> None:
    """Run the task."""
    conf = spark_conf(
        {"spark.ui.port": "0", "spark.ui.showConsoleProgress": "false", "spark.exporter.port": "0"}
    )
    spark = SparkSession.builder.master("local-cluster[2,1,1024]").config(map=conf).getOrCreate()
    print(json.dumps({"ui": spark.sparkContext.uiWebUrl}), flush=True)
    spark.sparkContext.parallelize([0], 1).mapPartitions(tick).collect()
    spark.stop()


if __name__ == "__main__":
    main()
