"""Two tasks that read a live value until the test lets them end, and a driver that handles an event.

Each task leaves a file ``began-<partition>`` in the directory given as argument once it has read the value,
and ends when there is a file ``go``.
"""

import sys
import time
from pathlib import Path

from pyspark import TaskContext
from talk import hear, say, session

from exporter import config, events

PATIENCE = 120


@events.on("reload")
def reload(event):
    """Say what came, or fail as told."""
    if "fail" in event.payload:
        raise ValueError(event.payload["fail"])
    return {"table": event.payload["table"]}


def watch(directory):
    """Return the function that the tasks run: it gives all values that it has seen."""

    def run(_rows):
        seen = []
        deadline = time.monotonic() + PATIENCE
        while not (directory / "go").exists() and time.monotonic() < deadline:
            value = config.get("threshold", 10)
            if seen[-1:] != [value]:
                seen.append(value)
            (directory / f"began-{TaskContext.get().partitionId()}").touch()
            time.sleep(0.02)
        yield seen

    return run


def main():
    """Run the tasks."""
    directory = Path(sys.argv[1])
    config.declare("threshold", type=int, default=10, minimum=0)
    spark = session()
    say(seen=spark.sparkContext.parallelize(range(2), 2).mapPartitions(watch(directory)).collect())
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
