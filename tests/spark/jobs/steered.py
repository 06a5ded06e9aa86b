"""Two tasks that read a live value until the test lets them end; the driver handles events and messages.

Each task asks the driver first, with every end that this can have. It leaves a file ``began-<partition>``
in the directory given as argument once it has read the value, and ends when there is a file ``go``.
"""

import os
import sys
import threading
import time
from pathlib import Path

from pyspark import TaskContext
from talk import hear, say, session

from exporter import config, events, rpc

PATIENCE = 120
RELEASED = threading.Event()


@events.on("reload")
def reload(event):
    """Say what came, or fail as told."""
    if "fail" in event.payload:
        raise ValueError(event.payload["fail"])
    return {"table": event.payload["table"]}


@rpc.handler("double")
def double(request):
    """Answer."""
    return {"doubled": 2 * request["number"]}


@rpc.handler("refuse")
def refuse(request):
    """Raise."""
    raise KeyError(request)


@rpc.handler("slow")
def slow(_request):
    """Answer when nobody waits any more."""
    RELEASED.wait(PATIENCE)


def attempt(topic, payload, timeout=PATIENCE):
    """Ask the driver; return the answer, or the names of the exception's classes and its text."""
    try:
        return rpc.ask(topic, payload, timeout=timeout)
    except rpc.RpcError as error:
        return [[kind.__name__ for kind in type(error).__mro__], str(error)]


def watch(directory):
    """Return the function that the tasks run: the parent of its process, the answers, and all values seen."""

    def run(_rows):
        number = TaskContext.get().partitionId()
        asked = [
            attempt("double", {"number": number}),
            attempt("refuse", number),
            attempt("missing", None),
            attempt("slow", None, timeout=1),
            attempt("double", {"number": number + 10}),
        ]
        seen = []
        deadline = time.monotonic() + PATIENCE
        while not (directory / "go").exists() and time.monotonic() < deadline:
            value = config.get("threshold", 10)
            if seen[-1:] != [value]:
                seen.append(value)
            (directory / f"began-{number}").touch()
            time.sleep(0.02)
        # Python workers of one executor have one parent.
        yield os.getppid(), asked, seen

    return run


def main():
    """Run the tasks."""
    directory = Path(sys.argv[1])
    config.declare("threshold", type=int, default=10, minimum=0)
    spark = session()
    ended = spark.sparkContext.parallelize(range(2), 2).mapPartitions(watch(directory)).collect()
    RELEASED.set()
    executors, asked, seen = zip(*ended, strict=True)
    say(executors=executors)
    say(asked=asked)
    say(seen=seen)
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
