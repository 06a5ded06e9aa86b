"""What the driver plugin knows: every custom metric and how the executors are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.sources import Update

if TYPE_CHECKING:
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.model import Snapshot

WAIT = 10.0
"""Seconds that the driver holds a request while nothing changes; a dead host is noticed after that."""


class PluginSource:
    """Reads ``/v1/snapshot``, waiting there for news."""

    name = "plugin"

    def __init__(self, fetcher: Fetcher, endpoint: str, app_id: str | None) -> None:
        """Ask the plugin at ``endpoint``, which belongs to the application ``app_id``.

        None stands for the application that the first answer names; later answers must name it, too.
        """
        self._fetcher = fetcher
        self._app_id = app_id
        self._decoder = Decoder()
        self.connected = False
        """Whether the last attempt succeeded, so that the next one waits for news."""
        self.endpoint = endpoint

    def update(self) -> Update[Snapshot]:
        """Return the next snapshot: at once the first time and after a failure, else when there is news."""
        wait = WAIT if self.connected else 0.0
        self.connected = False
        query = {**self._decoder.position._asdict(), "wait": f"{wait:g}"}
        answer = self._fetcher.get(f"{self.endpoint}/v1/snapshot", query, wait)
        try:
            snapshot = self._decoder.decode(answer.body)
        except Exception:
            # Whatever the two disagree about is gone after a fresh start.
            self._decoder = Decoder()
            raise
        if self._app_id is None:
            self._app_id = snapshot.application.id
        if snapshot.application.id != self._app_id:
            self._decoder = Decoder()
            raise SourceError(
                "mismatch", f"{self.endpoint} belongs to {snapshot.application.id}, not to {self._app_id}"
            )
        self.connected = True
        return Update(snapshot, answer.waited if wait else 0.0)
