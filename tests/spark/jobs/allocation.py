"""With dynamic allocation: runs a round of tasks that count upon each ``round``, until ``stop``.

The last stage of round N waits for a file ``go-N``.
"""

import sys
import time
from pathlib import Path

from talk import say, session

from exporter import Counter

ROWS = 1_000
rows = Counter("rows", "Rows seen")


def wait_for(file):
    """Return a function for partitions that lets their rows go when the file is there."""

    def wait(rows):
        while not file.exists():
            time.sleep(0.05)
        return rows

    return wait


def main():
    """Run rounds; between two of them the executors are idle, and Spark lets them go."""
    local = f"file://{Path.cwd()}"
    logged = {"enabled": "true", "rolling.enabled": "false", "compress": "false", "dir": local}
    allocation = {
        "enabled": "true",
        "shuffleTracking.enabled": "true",
        "shuffleTracking.timeout": "1s",
        "initialExecutors": "0",
        "minExecutors": "0",
        "maxExecutors": "2",
        "executorIdleTimeout": "1s",
        "schedulerBacklogTimeout": "1s",
    }
    spark = session(
        **{f"spark.eventLog.{key}": value for key, value in logged.items()},
        **{f"spark.dynamicAllocation.{key}": value for key, value in allocation.items()},
    )

    def count(number):
        rows.inc()
        return number % 10, number

    say(started=True)
    done = 0
    while sys.stdin.readline().strip() == "round":
        done += 1
        numbers = spark.sparkContext.parallelize(range(ROWS), 16).map(count)
        numbers.reduceByKey(max, 4).mapPartitions(wait_for(Path.cwd() / f"go-{done}")).collect()
        say(done=done)
    spark.stop()


if __name__ == "__main__":
    main()
