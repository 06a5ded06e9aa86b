"""Changes a number while a streaming query runs: the next micro-batch uses it, on every executor.

::

    python examples/live_config.py

It sets the number over the driver's own endpoint, to need nothing else. With a daemon beside the driver it is

::

    spark-exporter config set live-config multiplier=10 --wait 10s
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession

from exporter import config, spark_conf
from local_spark import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

PATIENCE_SECONDS = 120

# The driver refuses what is no number, or too large.
config.declare("multiplier", type=float, default=1, minimum=0, maximum=1000)


def scale(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Multiply, in a Python worker of an executor."""
    for frame in frames:
        multiplier = config.get("multiplier", 1)
        # Python workers of one executor have one parent.
        scaled = frame.assign(
            executor=os.getppid(), multiplier=multiplier, product=frame["value"] * multiplier
        )
        yield scaled[["executor", "multiplier", "product"]]


def session(directory: Path) -> SparkSession:
    """Start a session with two executors and a token, without which nothing can be changed."""
    os.environ.update(environment(directory), SPARK_EXPORTER_TOKEN=secrets.token_hex(16))
    builder = SparkSession.builder.appName("live-config").master("local-cluster[2,1,1024]")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    return builder.config(map=spark_conf(settings)).getOrCreate()


def ask(spark: SparkSession, method: str, query: str = "", body: dict[str, Any] | None = None) -> Any:
    """Send a request to the plugin in the driver, as an operator would from outside."""
    request = urllib.request.Request(  # noqa: S310 - it is the plugin's own address
        f"{spark.conf.get('spark.exporter.endpoint')}/v1/config{query}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['SPARK_EXPORTER_TOKEN']}",
            "Content-Type": "application/json",
        },
        method=method,
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - as above
        return json.load(answer)


def main() -> int:
    """Run the query, change the multiplier once, and stop when a batch has used it."""
    batches: queue.Queue[tuple[int, set[float]]] = queue.Queue()

    def show(frame: DataFrame, number: int) -> None:
        rows = frame.collect()
        used = {row.multiplier for row in rows}
        executors = len({row.executor for row in rows})
        total = sum(row.product for row in rows)
        print(f"batch {number}: multiplier {used} on {executors} executors, sum {total:g}", flush=True)
        batches.put((number, used))

    with tempfile.TemporaryDirectory(prefix="live-config-") as directory:
        spark = session(Path(directory))
        source = spark.readStream.format("rate-micro-batch").options(rowsPerBatch=8, numPartitions=2).load()
        scaled = source.select("value").mapInPandas(scale, "executor long, multiplier double, product double")
        query = scaled.writeStream.foreachBatch(show).start()
        batches.get(timeout=PATIENCE_SECONDS)
        version = ask(spark, "PATCH", body={"multiplier": 10})["version"]
        state = ask(spark, "GET", f"?version={version}&wait=30")
        print(f"multiplier=10 is version {version}; who has it: {state['executors']}", flush=True)
        while batches.get(timeout=PATIENCE_SECONDS)[1] != {10.0}:
            pass
        query.stop()
        spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
