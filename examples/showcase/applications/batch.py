"""The main application: batches with a little of all that Spark accounts for, and with trouble.

It does what it hears on standard input, a word a line, and says so when it is done. Beside that, small
queries go on from `wake` to `rest`, and so does `skew`, for which `join` waits. `stop` ends it all well.
"""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import metrics
import trouble
import work
from application import say, session, words
from pyspark import InheritableThread

from exporter import config, events, rpc

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DOES = MappingProxyType(
    {
        "shuffle": work.shuffle,
        "query": work.query,
        "cache": work.cache,
        "pay": work.pay,
        "remember": work.remember,
        "fail": trouble.fail,
        "kill": trouble.kill,
        "lose-files": trouble.lose_files,
        "executors": trouble.executors,
    }
)
PAUSE_SECONDS = 1.0

config.declare("threshold", type=int, default=10, minimum=0)


@events.on("reload")
def reload(event: Any) -> dict[str, int]:
    """Say what came, or fail as told."""
    if "fail" in event.payload:
        raise ValueError(event.payload["fail"])
    return {"tables": len(event.payload)}


@rpc.handler("progress")
def progress(request: dict[str, int]) -> None:
    """Hear from the workers."""
    metrics.progress.set(request["rows"])


def start(master: str = "local-cluster[2,2,1280]") -> SparkSession:
    """Start the session: one to three executors with one core each."""
    allocation = {
        "enabled": "true",
        "shuffleTracking.enabled": "true",
        "shuffleTracking.timeout": "5s",
        "initialExecutors": "2",
        "minExecutors": "1",
        "maxExecutors": "3",
        "executorIdleTimeout": "8s",
        "cachedExecutorIdleTimeout": "12s",
        "schedulerBacklogTimeout": "1s",
    }
    conf = {
        "spark.executor.cores": "1",
        "spark.executor.memory": "640m",
        "spark.executor.processTreeMetrics.enabled": "true",
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        "spark.sql.shuffle.partitions": "4",
        "spark.shuffle.spill.numElementsForceSpillThreshold": "4000",
        "spark.stage.maxConsecutiveAttempts": "20",
        "spark.task.maxFailures": "8",
        **{f"spark.dynamicAllocation.{key}": value for key, value in allocation.items()},
    }
    return session("orders-batch", master, **conf)


class Batch:
    """The application, with its work in the background."""

    def __init__(self, spark: SparkSession) -> None:
        """Begin with small queries, which go on until the end."""
        self._spark = spark
        self._ended, self._quiet = threading.Event(), threading.Event()
        self._load = InheritableThread(target=self._keep_on)
        self._load.start()
        self._beside: list[threading.Thread] = []

    def _keep_on(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            if not self._quiet.is_set():
                work.parse(self._spark)

    def do(self, word: str) -> Any:
        """Do what a word means; return what came of it."""
        if word in DOES:
            return DOES[word](self._spark)
        if word == "skew":
            self._beside.append(InheritableThread(target=work.skew, args=(self._spark,)))
            self._beside[-1].start()
        elif word == "join":
            for thread in self._beside:
                thread.join()
        elif word == "rest":
            self._quiet.set()
        else:
            self._quiet.clear()
        return None

    def stop(self) -> None:
        """Wait for what is running, and end."""
        self._ended.set()
        self.do("join")
        self._load.join()
        self._spark.stop()


def main() -> None:
    """Do what is wanted, in order."""
    batch = Batch(start())
    for word in words():
        if word == "stop":
            break
        say(done={"word": word, "result": batch.do(word)})
    batch.stop()


if __name__ == "__main__":
    main()
