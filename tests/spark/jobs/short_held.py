"""Counts with a label value that Spark's sinks could confuse, and holds until the test lets go."""

import sys

from talk import hear, say, session

from exporter import Counter

sunk = Counter("sunk", "Rows", ["kind"])


def main():
    """Count in the executors and in the driver."""
    rows = int(sys.argv[1])
    spark = session()

    def count(number):
        sunk.labels("a.b_c").inc()
        return number

    sunk.labels("driver").inc(11)
    say(tally=spark.sparkContext.parallelize(range(rows), 4).map(count).count())
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
