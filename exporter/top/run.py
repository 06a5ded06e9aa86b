"""Runs the terminal view: once, or again and again until it is interrupted."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from exporter.shown import printable
from exporter.top.scrape import Scrape, ScrapeError, parse
from exporter.top.screen import draw
from exporter.top.view import make

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from exporter.top.scrape import Daemon

PIPED = 160
"""Columns when nobody says how wide the output is."""
SPAN = 10.0
"""Seconds over which rates are taken, at least: what the daemon polls changes every few seconds only."""


class Top:
    """One run of the command.

    Args:
        daemon: gives the metrics.
        interval: seconds between two scrapes.
        application: the id of the only application to show.
        console: where to print.
        wait: waits for so many seconds.

    """

    def __init__(
        self,
        daemon: Daemon,
        interval: float,
        application: str | None = None,
        console: Console | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Ask nothing yet."""
        self._daemon = daemon
        self._url = daemon.url
        self._interval = interval
        self._application = application
        self._console = console if console is not None else Console()
        self._wait = wait
        self._past: deque[Scrape] = deque()

    def once(self) -> int:
        """Print one view, with the rates between two scrapes; return the exit code."""
        try:
            self._scrape()
            self._wait(self._interval)
            scrape = self._scrape()
        except ScrapeError as error:
            return self._refuse(error)
        if self._application is not None and self._application not in scrape.applications:
            return self._refuse(ScrapeError(self._unknown()))
        if not self._console.is_terminal and "COLUMNS" not in os.environ:
            self._console.width = PIPED
        view = make(scrape, self._before(), self._application)
        self._console.print(draw(view, self._console.width))
        return 0

    def live(self) -> int:
        """Show views until an interrupt; return the exit code."""
        try:
            self._scrape()
        except ScrapeError as error:
            return self._refuse(error)
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            fault = ""
            while True:
                live.update(self._draw(fault), refresh=True)
                self._wait(self._interval)
                try:
                    self._scrape()
                    fault = ""
                except ScrapeError as error:
                    fault = str(error)

    def _draw(self, fault: str) -> RenderableType:
        scrape = self._past[-1]
        moment = time.strftime("%H:%M:%S", time.localtime(scrape.now))
        head = Text(f"{printable(self._url)}  {moment}", style="dim", no_wrap=True, overflow="ellipsis")
        lines = 2
        if fault:
            head.append(f"  {printable(fault)}", style="bold red")
        width, height = self._console.size
        if self._application is not None and self._application not in scrape.applications:
            return Group(head, Text(), Text(printable(self._unknown())))
        return Group(
            head, Text(), draw(make(scrape, self._before(), self._application), width, height - lines)
        )

    def _before(self) -> Scrape | None:
        return self._past[0] if len(self._past) > 1 else None

    def _scrape(self) -> Scrape:
        scrape = parse(self._daemon.fetch(), self._url, time.monotonic(), time.time())
        self._past.append(scrape)
        # The first one kept is the youngest that is old enough.
        while len(self._past) > 2 and scrape.time - self._past[1].time >= SPAN:  # noqa: PLR2004 - two make a rate
            self._past.popleft()
        return scrape

    def _unknown(self) -> str:
        return f"{self._url} knows no application {self._application}."

    def _refuse(self, error: ScrapeError) -> int:
        Console(stderr=True).print(Text(f"spark-exporter: {printable(str(error))}"), soft_wrap=True)
        return 1
