"""A job that says what the Python workers see of the live configuration, and loses an executor on demand."""

import json
import os
import signal
import sys
from pathlib import Path

from talk import hear, say, session


def read_config(_rows):
    """Return what the file of this worker's executor holds, as the worker's first act."""
    directory = Path(os.environ["SPARK_LOCAL_DIRS"].split(",")[0]) / "spark-exporter"
    return [json.loads((directory / "config.json").read_text())]


def lose_executor(marker):
    """Return a function that kills the JVM above the first worker that runs it."""

    def kill(rows):
        try:
            Path(marker).touch(exist_ok=False)
        except FileExistsError:
            return rows
        # A worker is a child of the daemon, and that one a child of the executor.
        stat = Path(f"/proc/{os.getppid()}/stat").read_text()
        os.kill(int(stat.rsplit(")", 1)[1].split()[1]), signal.SIGKILL)
        return rows

    return kill


def main():
    """Do what the test says."""
    context = session(**{"spark.task.maxFailures": "8"}).sparkContext
    hear("lose")
    context.parallelize(range(2), 2).mapPartitions(lose_executor(sys.argv[1])).count()
    hear("read")
    say(read=context.parallelize(range(8), 8).mapPartitions(read_config).collect())
    hear("stop")
    context.stop()


if __name__ == "__main__":
    main()
