"""A job that ends in the way that its first argument names, when the test writes into the pipe of its second.

With CLIENT=off its Python has nothing of the exporter; with CLIENT=import it imports it, and that is all.
"""

import importlib
import os
import sys
from pathlib import Path

from talk import say, session


def fail(number):
    """Fail, in a task or in the driver."""
    raise ValueError(f"this fails, as the test wants: {number}")


def fail_a_job(spark):
    """Run a job that fails, and go on."""
    try:
        spark.sparkContext.parallelize([1], 1).map(fail).collect()
    except Exception as error:  # noqa: BLE001 - what it is depends on the version of Spark
        say(failed=type(error).__name__)


def raise_and_stop(spark):
    """Stop the session while an exception passes by."""
    try:
        raise ValueError("the driver fails, as the test wants")
    finally:
        spark.stop()


def exit_with_text(_spark):
    """Exit without calling sys.exit."""
    raise SystemExit("the driver gives up, as the test wants")


ENDS = {
    "return": lambda _spark: None,
    "exception": fail,
    "exit 3": lambda _spark: sys.exit(3),
    "exit with text": exit_with_text,
    "exception, stop in finally": raise_and_stop,
    "failed job, return": fail_a_job,
    "failed job, stop": lambda spark: (fail_a_job(spark), spark.stop()),
}


def main():
    """Run one job, and end."""
    client = os.environ.get("CLIENT")
    if client == "import":
        importlib.import_module("exporter")
    spark = session("local[1]", plugin=client is None)
    spark.sparkContext.parallelize([1], 1).count()
    say(pid=os.getpid())
    # Under spark-submit a program hears nothing on its standard input.
    Path(sys.argv[2]).read_text()
    ENDS[sys.argv[1]](spark)


if __name__ == "__main__":
    main()
