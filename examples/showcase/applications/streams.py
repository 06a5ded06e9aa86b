"""The streaming application: structured queries with every trouble, and a DStream that is too slow.

Says ``failed`` when the failing query has failed for good, and ends upon ``stop``.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import queries
from application import say, session, words
from pyspark.streaming import StreamingContext

if TYPE_CHECKING:
    from pyspark import RDD
    from pyspark.sql import SparkSession

LINES_PER_SECOND = 50
BATCH_SECONDS = 1
WORK_SECONDS = 1.5


def serve(server: socket.socket) -> None:
    """Send lines to whoever connects."""
    with contextlib.suppress(OSError):
        connection, _ = server.accept()
        while not queries.released.wait(1 / LINES_PER_SECOND):
            connection.sendall(b"line\n")


def receive(spark: SparkSession) -> StreamingContext:
    """Receive lines in batches, and need longer for each than it lasts."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    streaming = StreamingContext(spark.sparkContext, BATCH_SECONDS)

    def consume(batch: RDD[str]) -> None:
        batch.count()
        time.sleep(WORK_SECONDS)

    streaming.socketTextStream(*server.getsockname()).foreachRDD(consume)
    streaming.start()
    return streaming


def main() -> None:
    """Run all of it until the end."""
    conf = {"spark.sql.shuffle.partitions": "2", "spark.driver.memory": "768m"}
    spark = session("orders-stream", "local[6]", **conf)
    running = queries.start(spark)
    streaming = receive(spark)
    queries.failing(spark)
    say(failed=True)
    for word in words():
        if word == "stop":
            break
    queries.released.set()
    streaming.stop(stopSparkContext=False, stopGraceFully=False)
    for query in running:
        query.stop()
    spark.stop()


if __name__ == "__main__":
    main()
