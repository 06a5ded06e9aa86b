"""Counts rows in every place where Python code runs in Spark, and what Spark says about the same rows."""

import sys
from pathlib import Path

import pandas as pd
from pyspark.sql.functions import pandas_udf, udf
from talk import hear, say, session

from exporter import Counter, Gauge, Histogram

ROWS = 1_000
rows = Counter("rows", "Rows seen", ["place"])
sizes = Histogram("batch_rows", "Rows per batch", ["place"], buckets=(10, 100, 1_000))
depth = Gauge("depth", "Set in one place", multiprocess_mode="max")


def in_rdd(spark):
    """An RDD function, with a metric defined at module level."""

    def count(number):
        rows.labels("rdd").inc()
        return number

    return spark.sparkContext.parallelize(range(ROWS), 4).map(count).count()


def in_udf(spark):
    """A UDF, with a metric that its function defines."""

    @udf("long")
    def count(number):
        Counter("rows", "Rows seen", ["place"]).labels(place="udf").inc()
        return number

    return len(spark.range(ROWS).select(count.asNondeterministic()("id")).collect())


def in_pandas_udf(spark):
    """A pandas UDF, with a child that was bound in the driver."""
    child = rows.labels("pandas_udf")
    size = sizes.labels("pandas_udf")

    @pandas_udf("long")
    def count(numbers: pd.Series) -> pd.Series:
        child.inc(len(numbers))
        size.observe_many(numbers)
        return numbers

    return len(spark.range(ROWS).select(count.asNondeterministic()("id")).collect())


def in_map_in_pandas(spark):
    """A function over pandas frames."""

    def count(frames):
        for frame in frames:
            rows.labels("map_in_pandas").inc(len(frame))
            yield frame

    return spark.range(ROWS).mapInPandas(count, "id long").count()


def in_map_in_arrow(spark):
    """A function over Arrow batches."""

    def count(batches):
        for batch in batches:
            rows.labels("map_in_arrow").inc(batch.num_rows)
            depth.set(7)
            yield batch

    return spark.range(ROWS).mapInArrow(count, "id long").count()


def in_foreach_batch(spark, directory):
    """A streaming query's foreachBatch, which runs in the driver."""
    spark.range(ROWS).write.parquet(str(directory / "input"))
    seen = []

    def count(frame, _number):
        seen.append(frame.count())
        rows.labels("foreach_batch").inc(seen[-1])

    stream = spark.readStream.schema("id long").parquet(str(directory / "input"))
    query = stream.writeStream.foreachBatch(count).trigger(availableNow=True)
    query.option("checkpointLocation", str(directory / "checkpoint")).start().awaitTermination()
    return sum(seen)


def in_data_source(spark):
    """A Python data source: planned beside the driver, read in the executors."""
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition  # noqa: PLC0415

    class Reader(DataSourceReader):
        def partitions(self):
            rows.labels("data_source_plan").inc()
            return [InputPartition(number) for number in range(4)]

        def read(self, partition):
            for number in range(ROWS // 4):
                rows.labels("data_source").inc()
                yield (partition.value * ROWS + number,)

    class Source(DataSource):
        @classmethod
        def name(cls):
            return "numbers"

        def schema(self):
            return "id long"

        def reader(self, schema):  # noqa: ARG002
            return Reader()

    spark.dataSource.register(Source)
    return spark.read.format("numbers").load().count()


def in_driver(_spark):
    """The driver itself; the metric had a value before there was a session."""
    rows.labels("driver").inc(ROWS - 1)
    return ROWS


def main():
    """Visit every place."""
    rows.labels("driver").inc()
    spark = session()
    tally = {
        "rdd": in_rdd(spark),
        "udf": in_udf(spark),
        "pandas_udf": in_pandas_udf(spark),
        "map_in_pandas": in_map_in_pandas(spark),
        "map_in_arrow": in_map_in_arrow(spark),
        "foreach_batch": in_foreach_batch(spark, Path(sys.argv[1])),
        "driver": in_driver(spark),
    }
    if spark.version >= "4":
        tally["data_source"] = in_data_source(spark)
    say(tally={place: float(count) for place, count in tally.items()})
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
