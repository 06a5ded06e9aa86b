"""Jobs that run at the same time and share stages; some of them fail, and some are cancelled.

It has the plugin if its argument is ``plugin``. Says in ``done`` how many they were when all of them have
ended, and ends upon ``stop``.
"""

import contextlib
import sys
import time

from py4j.protocol import Py4JError
from pyspark import InheritableThread
from talk import hear, say, session

ROUNDS = 12
PAUSES = (0.0, 0.3, 0.6)


def slow(number):
    """Take a while."""
    time.sleep(0.02)
    return (number % 3, number)


def refuse(_item):
    """Fail the job."""
    raise ValueError("this job fails")


def run(context, group, pause, action):
    """Run one job after a pause, whatever becomes of it."""
    time.sleep(pause)
    context.setJobGroup(group, group)
    with contextlib.suppress(Py4JError):
        action()


def share(context, number):
    """Let several jobs need the same shuffle: before it, while it is written, and when it is there.

    Return how many jobs there were.
    """
    first = context.parallelize(range(60), 3).map(slow)
    # A stage of its own that the others wait for.
    shuffled = first.groupByKey(3).mapValues(len).map(lambda item: (item[1], item[0])).groupByKey(3)
    longer = shuffled.mapPartitions(lambda rows: [time.sleep(0.5), *rows])
    actions = [shuffled.count, longer.count, shuffled.map(refuse).count, longer.count]
    threads = [
        InheritableThread(target=run, args=(context, f"{number}-{place}", pause, action))
        for place, (pause, action) in enumerate(zip((0.0, *PAUSES), actions))
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1 * number)
    context.cancelJobGroup(f"{number}-0")
    for thread in threads:
        thread.join()
    return len(threads)


def main():
    """Run all rounds."""
    spark = session("local[4]", plugin="plugin" in sys.argv)
    say(done=sum([share(spark.sparkContext, number) for number in range(ROUNDS)]))
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
