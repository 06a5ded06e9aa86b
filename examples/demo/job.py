"""The demo's job: order lines are parsed, scored and summed up, round after round.

It counts everything twice: with metrics, as an application would, and from Spark's own results, which the
demo compares with what the daemon published.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import Counter as Tally
from typing import TYPE_CHECKING

import pandas as pd  # noqa: TC002 - pandas_udf reads the annotations when it runs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.functions import pandas_udf, udf
from pyspark.sql.types import DoubleType, StringType, StructType

from exporter import Counter, Gauge, Histogram, spark_conf

if TYPE_CHECKING:
    from types import FrameType

ROWS_PER_ROUND = 10_000
PARTITIONS = 4
RISK_LIMIT = 0.9
ORDER = StructType().add("source", StringType()).add("value", DoubleType()).add("outcome", StringType())

order_lines = Counter("order_lines", "Order lines parsed", ["source", "outcome"])
order_value = Histogram(
    "order_value", "Value of a parsed order", ["source"], unit="euros", buckets=(10, 50, 100, 250, 500)
)
batches_in_progress = Gauge("batches_in_progress", "Batches being scored now, on all executors")
risk_score = Histogram("risk_score", "Risk score of an order", buckets=(0.1, 0.25, 0.5, 0.75, 0.9))
risky_orders = Counter("risky_orders", f"Orders with a risk score above {RISK_LIMIT}")
rounds = Counter("rounds", "Rounds finished, counted in the driver")
round_duration = Gauge(
    "round_duration", "Duration of the last round", unit="seconds", multiprocess_mode="mostrecent"
)


# A deterministic UDF may be evaluated more than once per row, and would then count more than once.
def _parse(line: str) -> tuple[str, float | None, str]:
    source, _, text = line.partition(",")
    try:
        value = float(text)
    except ValueError:
        order_lines.labels(source, "malformed").inc()
        return source, None, "malformed"
    order_lines.labels(source, "ok").inc()
    order_value.labels(source).observe(value)
    return source, value, "ok"


parse = udf(_parse, ORDER).asNondeterministic()


def _score(value: pd.Series) -> pd.Series:
    with batches_in_progress.track_inprogress():
        scores = (value * 7919 % 1000) / 1000
        risk_score.observe_many(scores)
        risky_orders.inc(int((scores > RISK_LIMIT).sum()))
        return scores


score = pandas_udf(_score, DoubleType()).asNondeterministic()  # type: ignore[call-overload]


def order_lines_of(spark: SparkSession, number: int) -> DataFrame:
    """Return the order lines of one round, made by Spark itself; one in 97 is malformed."""
    key = (F.col("id") + number * ROWS_PER_ROUND).alias("key")
    ids = spark.range(0, ROWS_PER_ROUND, 1, PARTITIONS).select(key)
    source = F.when(F.col("key") % 3 == 0, "web").when(F.col("key") % 3 == 1, "shop").otherwise("partner")
    value = F.when(F.col("key") % 97 == 0, "n/a").otherwise((F.col("key") * 31 % 60_000 / 100).cast("string"))
    return ids.select(F.concat_ws(",", source, value).alias("line"))


def run_round(spark: SparkSession, number: int, tally: Tally[str]) -> None:
    """Run one round and add what Spark's result says to the tally."""
    started = time.monotonic()
    parsed = order_lines_of(spark, number).select(parse("line").alias("order")).select("order.*")
    scored = parsed.withColumn("risk", score("value"))
    summary = scored.groupBy("source", "outcome").agg(
        F.count("*").alias("lines"),
        F.sum("value").alias("value"),
        F.sum((F.col("risk") > RISK_LIMIT).cast("long")).alias("risky"),
    )
    for row in summary.collect():
        tally[f"order_lines_total{{source={row.source},outcome={row.outcome}}}"] += row.lines
        tally["risky_orders_total"] += row.risky or 0
        if row.outcome == "ok":
            tally[f"order_value_euros_count{{source={row.source}}}"] += row.lines
            tally[f"order_value_euros_sum{{source={row.source}}}"] += row.value
            tally["risk_score_count"] += row.lines
    tally["rounds_total"] += 1
    tally["batches_in_progress"] = 0
    rounds.inc()
    round_duration.set(time.monotonic() - started)


def main() -> None:
    """Run rounds until SIGTERM, then print the tally."""
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("orders-demo")
    spark = builder.config(map=spark_conf()).config("spark.ui.showConsoleProgress", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    print(json.dumps({"ui": spark.sparkContext.uiWebUrl}), flush=True)
    tally: Tally[str] = Tally()
    number = 0
    while not ended.is_set():
        run_round(spark, number, tally)
        number += 1
    spark.stop()
    print(json.dumps({"tally": tally}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
