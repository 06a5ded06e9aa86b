"""An application that leaks memory, whose jobs fail, whose event log loses events, and that fails in the end.

It ends with the exception upon ``stop``.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from application import say, session, words
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from exporter import Histogram

if TYPE_CHECKING:
    from pyspark import SparkContext

# For the batch application this is a gauge. A name has one type, and who comes second is not published.
sizes = Histogram("batch_rows", "Rows of a batch", buckets=(100, 1_000))
CHUNK = 4 * 1024 * 1024
FULL = 0.92


def refuse(number: int) -> int:
    """Fail in a task."""
    raise ValueError(f"order {number} cannot be read")


def leak(context: SparkContext) -> list[Any]:
    """Hold nearly all of the heap; return what holds it."""
    jvm = context._jvm  # noqa: SLF001 - the only way into the JVM
    runtime = jvm.java.lang.Runtime.getRuntime()
    held = []
    while True:
        jvm.java.lang.System.gc()
        missing = FULL * runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory())
        if missing < CHUNK:
            return held
        chunks = max(1, int(missing / CHUNK * 0.8))
        held += [jvm.java.nio.ByteBuffer.allocate(CHUNK - 64) for _ in range(chunks)]


def listen(ended: threading.Event) -> None:
    """Wait for the end."""
    for word in words():
        if word == "stop":
            break
    ended.set()


def main() -> None:
    """Let jobs fail until the end."""
    conf = {
        "spark.driver.memory": "512m",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{Path.cwd()}",
        "spark.scheduler.listenerbus.eventqueue.eventLog.capacity": "1",
    }
    spark = session("orders-import", "local[2,4]", **conf)
    context = spark.sparkContext
    sizes.observe(len("order"))
    ended = threading.Event()
    threading.Thread(target=listen, args=(ended,), daemon=True).start()
    held = leak(context)
    say(leaked=len(held))
    while not ended.wait(1):
        spark.range(0, 20_000, 1, 20).selectExpr("sum(id)").collect()
        for _ in range(2):
            with contextlib.suppress(Py4JError, PySparkException):
                context.parallelize(range(4), 1).map(refuse).collect()
    raise RuntimeError("the import gives up")


if __name__ == "__main__":
    main()
