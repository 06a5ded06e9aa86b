"""A client of the Spark Connect server at its argument, whose functions on the executors read and handle.

They write down what they see in the directory that is the second argument; ``go`` in it ends them.
"""

import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession
from steering import watch
from talk import hear, say


def main():
    """Run a function on each executor until the test ends it, then a query."""
    import steering  # noqa: PLC0415 - the module, to send it to the server by value
    from pyspark import cloudpickle  # noqa: PLC0415

    cloudpickle.register_pickle_by_value(steering)
    spark = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
    run = watch(Path(sys.argv[2]))

    def each(frames):
        import pandas as pd  # noqa: PLC0415 - in the server's workers

        for frame in frames:
            yield pd.DataFrame({"name": list(run(frame.itertuples()))})

    def never(frames):
        for _ in frames:
            time.sleep(3600)
        yield from ()

    rows = spark.range(0, 2, 1, 2).mapInPandas(each, "name string").collect()
    say(ended=sorted(row.name for row in rows))
    hear("setting")
    say(partitions=spark.conf.get("spark.sql.shuffle.partitions"))
    hear("query")
    say(total=spark.range(0, 1_000, 1, 4).groupBy().sum("id").collect()[0][0])
    hear("tag")
    spark.addTag("nightly")
    try:
        spark.range(0, 2, 1, 2).mapInPandas(never, "name string").collect()
    except Exception as error:  # noqa: BLE001 - what it is depends on the version of Spark
        say(cancelled="cancel" in str(error).lower())
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
