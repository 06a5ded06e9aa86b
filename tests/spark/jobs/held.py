"""Tasks that count, say so, and go on only when the test lets them.

Every task counts 1,000 rows, leaves a file ``counted-<partition>-<attempt>`` with its pid in the directory
given as argument, and waits there for a file ``go`` before it counts another 1,000.
"""

import os
import sys
import time
from pathlib import Path

from pyspark import TaskContext
from talk import hear, say, session

from exporter import Counter, Gauge

held = Counter("held", "Rows counted by the held tasks", ["half"])
running = Gauge("running", "Tasks that hold")


def hold(directory, patience):
    """Return the function that the tasks run."""

    def run(_rows):
        context = TaskContext.get()
        with running.track_inprogress():
            for _ in range(1_000):
                held.labels("first").inc()
            partial = directory / f"partial-{context.taskAttemptId()}"
            partial.write_text(str(os.getpid()))
            partial.rename(directory / f"counted-{context.partitionId()}-{context.attemptNumber()}")
            deadline = time.monotonic() + patience
            while not (directory / "go").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            for _ in range(1_000):
                held.labels("second").inc()
        yield context.partitionId()

    return run


def main():
    """Run two held tasks."""
    directory = Path(sys.argv[1])
    tasks = int(sys.argv[2])
    spark = session()
    done = spark.sparkContext.parallelize(range(tasks), tasks).mapPartitions(hold(directory, 120)).collect()
    say(done=sorted(done))
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
