"""The way from this process to the plugin of its JVM: one connection, opened when it is first needed."""

from __future__ import annotations

import os
import threading

from exporter.client import attach, spark
from exporter.client.connection import DRIVER, WORKER, Calls, Connection, NotSentError
from exporter.client.rpcerrors import UnavailableError
from exporter.client.stream import remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from exporter.client.connection import Answer


class Link:
    """Finds the plugin, connects, and connects again when the connection has ended."""

    def __init__(self) -> None:
        """Neither look nor connect yet."""
        # The driver's, for as long as its application runs.
        self._directory: str | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self.calls = Calls()

    def follow(self, directory: str | None) -> None:
        """Use this directory from now on: the driver's application began, or with None ended."""
        self._directory = directory
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def connection(self, deadline: float) -> Connection:
        """Return the open connection, or open one by the deadline of the monotonic clock.

        Raises:
            UnavailableError: there is no plugin, it takes no messages, or it does not answer in time.

        """
        connection = self._connection
        if connection is not None and connection.is_open:
            return connection
        if not self._lock.acquire(timeout=remaining(deadline)):
            raise UnavailableError("the JVM did not take a connection in time")
        try:
            connection = self._connection
            if connection is None or not connection.is_open:
                directory, role = self._find()
                connection = self._connection = Connection.open(directory, role, deadline, self.calls)
            return connection
        finally:
            self._lock.release()

    def _find(self) -> tuple[str, str]:
        """Return the plugin's directory and this process's role."""
        directory, role = spark.worker_directory(), WORKER
        if directory is None:
            attach.look()
            directory, role = self._directory, DRIVER
        if directory is None:
            raise UnavailableError(
                "no plugin to talk to: messages need a Spark application with the spark-exporter plugin, "
                "running in this process or with this process as its Python worker"
            )
        return directory, role

    def request(self, header: dict[str, Any], body: bytes, deadline: float) -> Answer:
        """Ask the plugin; :meth:`Connection.request` says what is returned and raised, and when.

        Args:
            header: of the request, without ``id``.
            body: of the request.
            deadline: of the monotonic clock, for everything, connecting included.

        """
        try:
            return self.connection(deadline).request(header, body, deadline)
        except NotSentError:
            return self.connection(deadline).request(header, body, deadline)

    def after_fork_in_child(self) -> None:
        """Leave the parent's connection to the parent: this process opens its own."""
        if self._connection is not None:
            self._connection.abandon()
        self._connection = None
        self._lock = threading.Lock()


LINK = Link()
attach.listen(LINK.follow)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LINK.after_fork_in_child)
