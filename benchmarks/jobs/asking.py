"""Tasks on four executors ask the driver a thousand times a second; then the plugin BareAsk does the same.

Prints the seconds from when each question was due to its answer, null for one without an answer.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pyspark.sql import SparkSession

from exporter import rpc, spark_conf

EXECUTORS = 4
THREADS = 5
"""In each executor: one that waits for its answer does not hold up the next question."""
PER_SECOND = 1_000
WARM_SECONDS, SECONDS = 70, 20
"""The JVMs compile what runs often, five of them here, and on two slow cores that takes a minute."""
GAP = EXECUTORS * THREADS / PER_SECOND
WARMING, ASKS = int(WARM_SECONDS / GAP), int(SECONDS / GAP)
PAUSE = 1.0
"""Seconds between warming and measuring: what the compilers held up is no part of the figure."""


@rpc.handler("echo")
def echo(payload: object) -> object:
    """Answer."""
    return payload


def ask(start: float, times: list[float]) -> None:
    """Ask on time, or as soon as it can. What is left of the warming when its time is over is given up."""
    end = start + WARMING * GAP
    for number in range(WARMING):
        if time.time() > end:
            break
        ask_once(start + number * GAP)
    times += [ask_once(end + PAUSE + number * GAP) for number in range(ASKS)]


def ask_once(due: float) -> float:
    """Return the seconds from when the question was due to its answer, NaN for none."""
    time.sleep(max(0.0, due - time.time()))
    try:
        rpc.ask("echo", {"shard": 3}, timeout=5)
    except rpc.RpcError:
        return float("nan")
    return time.time() - due


def tasks(start: float) -> Callable[[Iterator[int]], Iterator[list[float]]]:
    """Return what each task runs: all of them begin at the same time."""

    def run(_rows: Iterator[int]) -> Iterator[list[float]]:
        found: list[list[float]] = [[] for _ in range(THREADS)]
        threads = [
            threading.Thread(target=ask, args=(start + number * GAP / THREADS, times))
            for number, times in enumerate(found)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        yield from found

    return run


def bare(directory: Path) -> list[float]:
    """Return the times of the plugin."""
    (directory / "bare-go").touch()
    files = [directory / f"bare-{number}" for number in range(EXECUTORS)]
    deadline = time.monotonic() + 4 * (WARM_SECONDS + SECONDS)
    while not all(file.exists() for file in files):
        if time.monotonic() > deadline:
            sys.exit("the plugin did not end")
        time.sleep(0.1)
    times = [float(line) for file in files for line in file.read_text().split()]
    # Those of all threads of an executor came in the order of time.
    share = len(times) // EXECUTORS
    warm = share * WARMING // (WARMING + ASKS)
    return [one for start in range(0, len(times), share) for one in times[start + warm : start + share]]


def main() -> None:
    """Measure both, one after the other."""
    jar, directory = sys.argv[1], Path(sys.argv[2])
    conf = spark_conf(
        {
            "spark.jars": jar,
            "spark.ui.enabled": "false",
            "spark.exporter.port": "0",
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
            "spark.benchmark.directory": str(directory),
            "spark.benchmark.threads": str(THREADS),
            "spark.benchmark.asks": str(WARMING + ASKS),
            "spark.benchmark.gap": str(int(GAP * 1e9)),
        }
    )
    conf["spark.plugins"] += ",BareAsk"
    builder = SparkSession.builder.master(f"local-cluster[{EXECUTORS},1,1024]")
    spark = builder.config(map=conf).getOrCreate()
    context = spark.sparkContext
    # Everything is loaded once before.
    context.parallelize(range(EXECUTORS), EXECUTORS).map(lambda _: rpc.ask("echo", 1, timeout=60)).collect()
    rows = context.parallelize(range(EXECUTORS), EXECUTORS).mapPartitions(tasks(time.time() + 5)).collect()
    found = {"messages": [one for times in rows for one in times], "bare": bare(directory)}
    print(json.dumps({key: [None if one != one else one for one in times] for key, times in found.items()}))  # noqa: PLR0124 - NaN
    spark.stop()


if __name__ == "__main__":
    main()
