"""A streaming query with state, one that fails, and what Spark itself says of the first one at its end."""

import json
import time

from pyspark.errors import StreamingQueryException
from pyspark.sql.functions import udf, window
from talk import hear, say, session


def wait_for(condition):
    """Wait for the query thread."""
    deadline = time.monotonic() + 90
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the query makes no progress")
        time.sleep(0.1)


def main():
    """Run both."""
    spark = session(master="local[2]", **{"spark.sql.shuffle.partitions": "2"})
    rate = spark.readStream.format("rate").option("rowsPerSecond", 20).load()
    counted = rate.withWatermark("timestamp", "1 second").groupBy(window("timestamp", "1 second")).count()
    writer = counted.writeStream.queryName("orders").format("memory").outputMode("append")
    query = writer.trigger(processingTime="500 milliseconds").start()
    wait_for(lambda: len(query.recentProgress) >= 4 and query.lastProgress["batchId"] >= 3)
    query.stop()
    say(run=str(query.runId))
    say(progress=[json.loads(one.json) for one in query.recentProgress])

    broken = rate.select(udf(lambda value: value // 0, "long")("value")).writeStream.format("noop").start()
    try:
        broken.awaitTermination(90)
    except StreamingQueryException:
        say(broken=str(broken.runId))
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
