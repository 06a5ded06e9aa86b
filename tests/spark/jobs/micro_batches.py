"""Two streaming queries with many small batches: one reads from a data source in Python, one has a state.

Says ``batches`` when both have had many, stops them, and ends upon ``stop``.
"""

import time
from pathlib import Path

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from talk import hear, say, session

ROWS = 10
BATCHES = 30


class Reader(DataSourceStreamReader):
    """Has as many rows for each batch."""

    def __init__(self):
        """Have planned no batch."""
        self.rows = 0

    def initialOffset(self):  # noqa: N802 - Spark calls it so
        """Begin with the first row."""
        return {"row": 0}

    def latestOffset(self):  # noqa: N802 - as above
        """Have more rows whenever it is asked."""
        self.rows += ROWS
        return {"row": self.rows}

    def partitions(self, start, end):
        """Read a batch in one task."""
        return [InputPartition((start["row"], end["row"]))]

    def read(self, partition):
        """Give the rows their numbers."""
        return ((number,) for number in range(*partition.value))


class Numbers(DataSource):
    """The source, as Spark registers it."""

    def schema(self):
        """Return its one column."""
        return "number long"

    def streamReader(self, schema):  # noqa: ARG002, N802 - Spark calls it so
        """Return the reader."""
        return Reader()


def start(rows, name):
    """Start a query that runs its batches one after the other."""
    return rows.writeStream.queryName(name).format("noop").start()


def ended(query):
    """Return how many batches a query has had; raise what ended it."""
    if query.exception() is not None:
        raise query.exception()
    return 0 if query.lastProgress is None else query.lastProgress.batchId + 1


def main():
    """Run both."""
    logged = {"enabled": "true", "rolling.enabled": "false", "compress": "false", "dir": Path.cwd().as_uri()}
    conf = {
        **{f"spark.eventLog.{key}": value for key, value in logged.items()},
        "spark.sql.shuffle.partitions": "2",
        # A Python that starts on a busy machine is slow.
        "spark.python.authenticate.socketTimeout": "120s",
    }
    spark = session("local[3]", **conf)
    spark.dataSource.register(Numbers)
    numbers = spark.readStream.format("Numbers").load()
    rates = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", ROWS).load()
    counts = rates.withWatermark("timestamp", "1 second").groupBy("timestamp").count()
    queries = [start(numbers, "numbers"), start(counts, "counts")]
    while min(map(ended, queries)) < BATCHES:
        time.sleep(0.1)
    for query in queries:
        query.stop()
    say(batches=[ended(query) for query in queries])
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
