"""Counts the lines of a socket in a DStream, in batches of a second, until it is told to stop.

The socket's server is in the driver. It sends lines and goes away, so that Spark starts the receiver again
and again, and upon ``again`` it comes back and sends lines to the one that finds it.
"""

import socket
import threading

from pyspark.streaming import StreamingContext
from talk import hear, session

from exporter import Counter

LINES = 100
lines = Counter("lines", "Lines of the socket", ["connection"])


def serve_once(server):
    """Give one connection its lines, and go."""
    with server:
        connection, _ = server.accept()
    with connection:
        connection.sendall(b"first\n" * LINES)


def serve_on(address):
    """Give one connection its lines, and keep it."""
    with socket.create_server(address) as server:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"second\n" * LINES)
            connection.recv(1)


def count(line):
    """Count in the executor."""
    lines.labels(line).inc()
    return line


def consume(batch):
    """Run a job for the batch. It returns nothing: Spark would take anything else for an RDD."""
    batch.count()


def main():
    """Receive."""
    server = socket.create_server(("127.0.0.1", 0))
    address = server.getsockname()
    threading.Thread(target=serve_once, args=(server,), daemon=True).start()
    spark = session(**{"spark.streaming.receiverRestartDelay": "500"})
    streaming = StreamingContext(spark.sparkContext, 1)
    received = streaming.socketTextStream(*address)
    received.map(count).foreachRDD(consume)
    streaming.start()
    hear("again")
    threading.Thread(target=serve_on, args=(address,), daemon=True).start()
    hear("stop")
    streaming.stop()


if __name__ == "__main__":
    main()
