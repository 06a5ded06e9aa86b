"""A job that is over at once: no test tells it to stop.

With LEAVE=1 the program ends without stopping its session, as many do.
"""

import os

from talk import say, session

from exporter import Counter, Gauge

level = Gauge("level", "A level that the driver sets")
short = Counter("short", "Rows of the short job", ["where"])


def main():
    """Count in the executors and in the driver, and end."""
    spark = session()
    ready = spark.sparkContext.parallelize(range(8), 8).map(
        lambda number: (short.labels("executor").inc(5), number)[1]
    )
    count = ready.count()
    short.labels("driver").inc(3)
    level.set(4)
    if "LEAVE" not in os.environ:
        spark.stop()
    say(tally={"level": 4.0, "short_total{where=executor}": 5.0 * count, "short_total{where=driver}": 3.0})


if __name__ == "__main__":
    main()
