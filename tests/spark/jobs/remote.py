"""A client of the Spark Connect server at its argument: queries that end well, badly, and by force."""

import contextlib
import sys
import threading
import time
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.functions import udf
from talk import hear, say

from exporter import Counter

ROWS = 5_000
seen = Counter("seen", "Rows seen", ["parity"])


def count(number):
    """Count in the executors of the server."""
    seen.labels("even" if number % 2 == 0 else "odd").inc()
    return number


def hold(directory):
    """Return a UDF that says when it runs, and does not end in the time that a test has."""

    @udf("long")
    def held(number):
        (Path(directory) / "held").touch()
        time.sleep(600)
        return number

    return held


def main():
    """Run one query of each kind, the held one upon a word."""
    spark = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
    counted = udf(count, "long")
    total = spark.range(0, ROWS, 1, 4).select(counted("id").alias("n")).agg(F.sum("n")).collect()
    with contextlib.suppress(PySparkException):
        spark.range(4).select(F.raise_error(F.lit("this query fails"))).collect()
    say(total=total[0][0])
    hear("hold")

    def run():
        with contextlib.suppress(PySparkException):
            spark.range(0, 1, 1, 1).select(hold(Path.cwd())("id")).collect()

    thread = threading.Thread(target=run)
    thread.start()
    hear("interrupt")
    spark.interruptAll()
    thread.join()
    say(interrupted=True)
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
