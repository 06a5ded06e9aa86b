"""Jobs of all kinds: a shuffle, a skipped stage, cached data, a task that fails for good, and a written file.

It tells the test when all is done, and ends with an exit code when told to.
"""

import sys

from talk import hear, say, session


def fail(number):
    """Fail on one of four partitions."""
    if number == 2:
        raise ValueError("this task fails, as the test wants")
    return number


def main():
    """Run them."""
    spark = session()
    context = spark.sparkContext
    numbers = spark.range(0, 50_000, 1, 4).selectExpr("id", "id % 7 AS k").repartition(3)
    say(groups=numbers.groupBy("k").count().count())
    numbers.write.parquet(sys.argv[1])
    say(read=spark.read.parquet(sys.argv[1]).cache().count())
    grouped = context.parallelize([(number % 3, number) for number in range(100)], 2).groupByKey()
    say(twice=[grouped.count(), grouped.count()])
    try:
        context.parallelize(range(4), 4).map(fail).collect()
    except Exception as error:  # noqa: BLE001 - what it is depends on the version of Spark
        say(failed=type(error).__name__)
    say(done=True)
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
