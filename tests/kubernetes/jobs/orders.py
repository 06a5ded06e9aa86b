"""An application that works until there is the file at its argument, and then fails."""

import json
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

from exporter import Counter, config, events

rows = Counter("rows_seen", "Rows that tasks of the job have seen")


@events.on("reload")
def reload(event):
    """Say what was to be loaded again."""
    return {"table": event.payload["table"]}


def work(spark):
    """Shuffle, and count a hundred rows."""
    spark.range(0, 10_000, 1, 4).selectExpr("id % 100 as key").groupBy("key").count().collect()
    spark.sparkContext.parallelize(range(100), 2).foreach(lambda _row: rows.inc())


def main():
    """Work, and fail."""
    config.declare("threshold", type=int, default=10, minimum=0)
    spark = SparkSession.builder.getOrCreate()
    print(json.dumps({"ui": spark.sparkContext.uiWebUrl}), flush=True)
    print(json.dumps({"app": spark.sparkContext.applicationId}), flush=True)
    # spark-submit gives Python no standard input.
    end = Path(sys.argv[1])
    while not end.exists():
        work(spark)
        time.sleep(0.2)
    raise ValueError("the orders are wrong, as the test wants")


if __name__ == "__main__":
    main()
