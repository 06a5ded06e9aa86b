"""A job that is over at once: no test tells it to stop."""

from talk import say, session

from exporter import Counter

short = Counter("short", "Rows of the short job", ["where"])


def main():
    """Count in the executors and in the driver, and end."""
    spark = session()
    ready = spark.sparkContext.parallelize(range(8), 8).map(
        lambda number: (short.labels("executor").inc(5), number)[1]
    )
    count = ready.count()
    short.labels("driver").inc(3)
    spark.stop()
    say(tally={"short_total{where=executor}": 5.0 * count, "short_total{where=driver}": 3.0})


if __name__ == "__main__":
    main()
