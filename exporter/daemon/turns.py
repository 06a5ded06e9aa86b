"""Who may use the processor: Python runs one thread at a time, and sources give way to scrapes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 1.0
"""Seconds for which a source waits for scrapes to end, at most: they may come without a pause."""


class Turns:
    """Lets sources work one after the other, and none begin while a scrape is made."""

    def __init__(self) -> None:
        """Let anybody begin."""
        self._work = threading.Lock()
        self._count = threading.Lock()
        self._scrapes = 0
        self._quiet = threading.Event()
        self._quiet.set()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do what takes a source much of the processor's time; waiting for others is no part of it."""
        with self._work:
            self.pause()
            yield

    def pause(self) -> None:
        """Let a scrape that is under way end first."""
        self._quiet.wait(PATIENCE)

    @contextmanager
    def scrape(self) -> Iterator[None]:
        """Make an exposition. Others may be made at the same time."""
        with self._count:
            self._scrapes += 1
            self._quiet.clear()
        try:
            yield
        finally:
            with self._count:
                self._scrapes -= 1
                if not self._scrapes:
                    self._quiet.set()


TURNS = Turns()
"""Of this process, as there is one interpreter."""
