"""How long a driver may be silent until it is taken for gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon.errors import SourceError

LONGEST = 60.0
"""Seconds: a driver that collects garbage or swaps may take so long, and goes on as if nothing had been."""


class Silence:
    """Tells a driver that only does not answer from one that is gone.

    Args:
        clock: monotonic seconds.

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a driver that answers."""
        self._clock = clock
        self._since: float | None = None

    def borne(self, error: SourceError) -> bool:
        """Return whether the driver may still be there after one more failure.

        A timeout counts when the first one in the row is ``LONGEST`` seconds old, any other fault at once.
        """
        if error.reason != "timeout":
            return False
        now = self._clock()
        # A daemon that was stopped itself has waited long as well: one timeout is never enough.
        self._since = now if self._since is None else self._since
        return now - self._since < LONGEST

    def over(self) -> None:
        """Note that the driver has answered, or that there is none to wait for."""
        self._since = None
