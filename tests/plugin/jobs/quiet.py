"""A driver with handlers that ends in the way that its argument says."""

import sys
import time

from talk import hear, say, session

from exporter import config, events, rpc
from exporter.client.serving import SERVING


@events.on("reload")
def reload(event):
    """Handle what nobody sends."""


@rpc.handler("sum")
def add_up(numbers):
    """Answer."""
    return sum(numbers)


def main():
    """Begin, and end."""
    config.declare("threshold", type=int, default=10)
    spark = session(master="local[1]")
    if sys.argv[1] == "at once":
        spark.stop()
        return
    say(asked=rpc.ask("sum", [2, 3], timeout=60))
    say(driver=spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid())
    hear("end")
    if sys.argv[1] == "stop":
        spark.stop()
    if sys.argv[1] == "killed":
        deadline = time.monotonic() + 60
        while SERVING._directory is not None and time.monotonic() < deadline:
            time.sleep(0.01)


if __name__ == "__main__":
    main()
