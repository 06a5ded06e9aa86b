"""What the driver plugin knows: every custom metric and how the executors are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.pace import Pace
from exporter.daemon.sources import Update
from exporter.daemon.turns import TURNS

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.model import Snapshot

WAIT = 10.0
"""Seconds that the driver holds a request while nothing changes; a dead host is noticed after that."""


class PluginSource:
    """Reads ``/v1/snapshot``, waiting there for news."""

    name = "plugin"

    def __init__(
        self,
        fetcher: Fetcher,
        endpoint: str,
        app_id: str | None,
        pace: Pace | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """Ask the plugin at ``endpoint``, which belongs to the application ``app_id``.

        None stands for the application that the first answer names; later answers must name it, too.
        ``pace`` says how many seconds an answer should take at least, so that many drivers do not take too
        much of the daemon's time; ``catalogue`` is what frames are made by.
        """
        self._fetcher = fetcher
        self._app_id = app_id
        self._pace = pace if pace is not None else Pace()
        self._catalogue = catalogue
        self._decoder = Decoder(catalogue)
        self.connected = False
        """Whether the last attempt succeeded, so that the next one waits for news."""
        self.endpoint = endpoint

    def update(self) -> Update[Snapshot]:
        """Return the next snapshot: at once the first time and after a failure, else when there is news."""
        wait = WAIT if self.connected else 0.0
        self.connected = False
        gap = self._pace.gap if wait else 0.0
        query = {**self._decoder.position._asdict(), "wait": f"{wait:g}", "gap": f"{gap:g}"}
        answer = self._fetcher.get(f"{self.endpoint}/v1/snapshot", query, wait + gap)
        try:
            with TURNS.work():
                snapshot = self._decoder.decode(answer.body)
        except Exception:
            # Whatever the two disagree about is gone after a fresh start.
            self._decoder = Decoder(self._catalogue)
            raise
        if self._app_id is None:
            self._app_id = snapshot.application.id
        if snapshot.application.id != self._app_id:
            self._decoder = Decoder(self._catalogue)
            raise SourceError(
                "mismatch", f"{self.endpoint} belongs to {snapshot.application.id}, not to {self._app_id}"
            )
        self.connected = True
        return Update(snapshot, answer.waited if wait else 0.0)
