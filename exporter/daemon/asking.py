"""How targets are asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.daemon.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_INTERVAL = 5.0
HISTORY_WINDOW = 24 * 3600.0
SHARE = 0.1
"""At most this part of the time is spent asking Spark: whoever answers slowly is asked less often."""
CREDIT = 10.0
"""Seconds of asking that one slow poll may take before that, such as a driver's first one."""


@dataclass(frozen=True)
class Asking:
    """What is the same for all targets. Times are in seconds."""

    timeout: float
    """For one answer."""
    token: str | None = None
    """For plugins, never for Spark's own UI."""
    pace: Pace = field(default_factory=Pace, compare=False)
    """How long an answer of a plugin should take at least; changes while the daemon runs."""
    interval: float = POLL_INTERVAL
    """Between two polls, at least."""
    disabled: frozenset[str] = frozenset()
    """Names of collectors that are not wanted."""
    window: float = HISTORY_WINDOW
    """How long ago an application may have ended to be read from a history server."""


class Budget:
    """How long one server may be kept busy.

    Args:
        clock: monotonic seconds.

    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with all of the credit."""
        self._clock = clock
        self._left = CREDIT
        self._at = clock()

    def spend(self, seconds: float) -> float:
        """Account for time that was spent asking until now; return how long to leave the server alone."""
        now = self._clock()
        self._left = min(CREDIT, self._left + (now - self._at) * SHARE) - seconds
        self._at = now
        return max(0.0, -self._left / SHARE)
