"""A job that says where its Python has the client from, and counts rows in its tasks."""

import json
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

import exporter
from exporter import Counter

rows = Counter("delivered_rows", "Rows that tasks of the job have seen")


def task(_number):
    """Count a row; return where the client is."""
    rows.inc()
    return exporter.__file__


def main():
    """Say where the client is, and wait until the test has made the file that it named."""
    spark = SparkSession.builder.getOrCreate()
    found = spark.sparkContext.parallelize(range(4), 2).map(task).collect()
    print(json.dumps({"driver": exporter.__file__}), flush=True)
    print(json.dumps({"executors": sorted(set(found))}), flush=True)
    print(json.dumps({"ui": spark.sparkContext.uiWebUrl}), flush=True)
    # spark-submit gives Python no standard input.
    end = Path(sys.argv[1])
    while not end.exists():
        time.sleep(0.1)
    spark.stop()


if __name__ == "__main__":
    main()
