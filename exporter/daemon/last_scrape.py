"""Lets a daemon whose driver has ended stay until that was scraped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from exporter.daemon import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SETTLING = 5.0
"""Seconds in which the end of a driver is seen that ended just before the daemon was told to end."""
_OK = 200


class LastScrape:
    """Knows when a daemon that was told to end may do so.

    Args:
        patience: seconds to wait for a scrape, at most; none ends at once.
        settled: whether no driver seems to run any more.
        clock: monotonic seconds.

    """

    def __init__(
        self, patience: float, settled: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Wait for nothing yet."""
        self._patience = patience
        self._settled = settled
        self._clock = clock
        self._since: float | None = None
        self._said = False
        self._scraped = False

    @property
    def begun(self) -> bool:
        """Whether the daemon has been told to end."""
        return self._since is not None

    def begin(self) -> bool:
        """Note that the daemon is to end; return whether it is to wait, which it is told only once."""
        if self._since is not None or not self._patience:
            return False
        self._since = self._clock()
        return True

    def over(self) -> bool:
        """Return whether the wait is over, and say how it is going."""
        if self._since is None:
            return False
        if not self._said:
            self._said = True
            logs.info("waiting for a last scrape", seconds=self._patience)
        if self._scraped:
            logs.info("scraped for the last time")
            return True
        if self._clock() - self._since >= self._patience:
            logs.info("no last scrape came", seconds=self._patience)
            return True
        return False

    def watch(self, app: ASGIApp, path: str) -> ASGIApp:
        """Return an application that takes note of the scrapes of this one.

        Args:
            app: answers scrapes.
            path: where.

        """

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if (
                self._since is None
                or not (scope["type"] == "http" and scope["path"] == path)
                or not self._counts()
            ):
                await app(scope, receive, send)
                return
            status = 0

            async def noting(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            await app(scope, receive, noting)
            if status == _OK and scope["method"] == "GET":
                self._scraped = True

        return watched

    def _counts(self) -> bool:
        """Say whether a scrape that begins now shows how it ended, as far as that will ever be known."""
        return self._settled() or (self._since is not None and self._clock() - self._since >= SETTLING)
