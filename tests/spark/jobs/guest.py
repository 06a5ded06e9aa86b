"""A job whose output must be the same with the plugin and without it.

PLUGIN=off leaves the plugin out, PLUGIN=given takes what the test's settings say; nothing needs the disk.
"""

import os

from pyspark.sql.functions import udf
from pyspark.sql.types import LongType
from talk import hear, say, session

from exporter import Counter

guests = Counter("guests", "Rows seen by the guest job")


@udf(LongType())
def triple(number):
    """Count and compute."""
    guests.inc()
    return number * 3


def main():
    """Print a result that depends on every row."""
    spark = session(plugin=os.environ.get("PLUGIN", "on") == "on")
    values = [row.value for row in spark.range(0, 2_000, 1, 4).select(triple("id").alias("value")).collect()]
    say(output=[len(values), sum(values), values[-1]])
    hear("stop")
    spark.stop()
    say(stopped=True)


if __name__ == "__main__":
    main()
