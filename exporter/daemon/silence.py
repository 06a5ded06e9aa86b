"""How long a driver may be silent until it is taken for gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon.errors import SourceError

LONGEST = 60.0
"""Seconds: a driver that collects garbage or swaps may take so long, and goes on as if nothing had been."""
TOLD = 10.0
"""Seconds in which the API server says how a driver has ended that closed its connections."""


class Silence:
    """Tells a driver that only does not answer from one that is gone.

    Args:
        clock: monotonic seconds.
        closed: seconds for which a driver that closed its connections is not taken for gone.

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, closed: float = 0.0) -> None:
        """Begin with a driver that answers."""
        self._clock = clock
        self._longest = {"timeout": LONGEST, "connect": closed}
        self._since: float | None = None

    def borne(self, error: SourceError) -> bool:
        """Return whether the driver may still be there after one more failure.

        A timeout counts when the first failure in the row is ``LONGEST`` seconds old, a closed connection
        after ``closed`` seconds, any other fault at once.
        """
        now = self._clock()
        # A daemon that was stopped itself has waited long as well: one timeout is never enough.
        self._since = now if self._since is None else self._since
        return now - self._since < self._longest.get(error.reason, 0.0)

    def over(self) -> None:
        """Note that the driver has answered, or that there is none to wait for."""
        self._since = None
