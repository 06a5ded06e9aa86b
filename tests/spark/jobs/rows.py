"""Sends rows through a UDF and counts them; Spark's own aggregates of the result are the tally.

Arguments: rows, partitions. With FAIL_ONCE=directory, every partition's first attempt fails half way.
"""

import os
import sys
from pathlib import Path

from pyspark import TaskContext
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.functions import udf
from talk import hear, say, session

from exporter import Counter, Histogram

BOUNDS = (10, 100, 1_000, 10_000)
KINDS = 7
parsed = Counter("parsed", "Rows parsed", ["kind", "parity"])
value_of = Histogram("value", "Values seen", buckets=BOUNDS)


def make(fail_once):
    """Return the UDF."""

    @udf("long")
    def count(number):
        parsed.labels(str(number % KINDS), "even" if number % 2 == 0 else "odd").inc()
        value_of.observe(number % 20_000)
        context = TaskContext.get()
        if fail_once and context.attemptNumber() == 0 and number % 100 == 50:
            (Path(fail_once) / f"{context.partitionId()}-{number}").touch()
            raise ValueError("this attempt fails, as the test wants")
        return number % 20_000

    return count.asNondeterministic()


def tally_of(frame):
    """Return what Spark says about the rows that came out, in the daemon's names."""
    tally = {}
    for row in frame.groupBy("kind", "parity").count().collect():
        tally[f"parsed_total{{kind={row.kind},parity={row.parity}}}"] = float(row["count"])
    whole = frame.agg(
        F.count("*").alias("count"),
        F.sum("value").alias("sum"),
        *(F.sum((F.col("value") <= bound).cast("long")).alias(str(bound)) for bound in BOUNDS),
    ).first()
    tally |= {f"value_bucket{{le={float(bound)}}}": float(whole[str(bound)]) for bound in BOUNDS}
    return tally | {"value_count": float(whole["count"]), "value_sum": float(whole["sum"])}


def main():
    """Run the rows once; the cached result gives the tally."""
    count, partitions = int(sys.argv[1]), int(sys.argv[2])
    spark = session()
    ids = spark.range(0, count, 1, partitions)
    frame = ids.select(
        (F.col("id") % KINDS).alias("kind"),
        F.when(F.col("id") % 2 == 0, "even").otherwise("odd").alias("parity"),
        make(os.environ.get("FAIL_ONCE"))("id").alias("value"),
    )
    # Written out and read back, so that the tally does not run the UDF again.
    frame.write.parquet("rows.parquet")
    say(tally=tally_of(spark.read.parquet("rows.parquet")))
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
